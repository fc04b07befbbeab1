//! Fewer values where a chart has more than it has pixels.

/// Values of a series on a page.
const MAX_VALUES: usize = 2000;

/// The values, in order of x; of each stretch that becomes one place on the page the least and the largest value, so that no
/// peak is lost.
pub(super) fn thinned(values: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut values: Vec<(f64, f64)> =
        values.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    if values.len() <= MAX_VALUES {
        return values;
    }
    let stretch = values.len().div_ceil(MAX_VALUES / 2);
    values
        .chunks(stretch)
        .flat_map(|stretch| {
            let least = stretch.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1));
            let most = stretch.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1));
            match (least, most) {
                (Some(least), Some(most)) if least.0 < most.0 => [Some(least), Some(most)],
                (Some(least), Some(most)) if least.0 > most.0 => [Some(most), Some(least)],
                (one, _) => [one, None],
            }
        })
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_stay() {
        let value = |x| match x {
            77_777 => 50.0,
            12_345 => -3.0,
            _ => 1.0,
        };
        let mut values: Vec<(f64, f64)> = (0..100_000).map(|x| (f64::from(x), value(x))).collect();
        values.swap(5, 50_000);
        values.push((f64::NAN, 1.0));
        let thin = thinned(&values);
        assert!(thin.len() <= MAX_VALUES, "{}", thin.len());
        assert!(thin.contains(&(77_777.0, 50.0)) && thin.contains(&(12_345.0, -3.0)));
        assert!(thin.is_sorted_by(|a, b| a.0 <= b.0));
    }

    #[test]
    fn few_values_stay_as_they_are() {
        assert_eq!(thinned(&[(2.0, 5.0), (1.0, 4.0)]), [(1.0, 4.0), (2.0, 5.0)]);
    }
}
