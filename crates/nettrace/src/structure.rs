//! Named values: a payload, or a structure inside one.

use std::fmt;

use crate::field::{Field, FieldType, Fields};
use crate::value::{FieldError, Value};
use crate::walk_values::Walk;

/// A payload, or a structure inside one: named values, read when asked for.
#[derive(Clone, Copy, PartialEq)]
pub struct Struct<'a> {
    fields: &'a Fields,
    /// The whole payload of the event.
    payload: &'a [u8],
    /// Where the first value begins in it.
    at: u32,
}

impl<'a> Struct<'a> {
    /// The values of a payload with those fields. For payloads that do not describe themselves; see
    /// [`Event::fields`](crate::Event::fields) for those that do.
    ///
    /// ```
    /// use nettrace::{Field, FieldType, Fields, Struct, Value};
    ///
    /// let fields = Fields::from_iter([
    ///     Field::new("Count", FieldType::Count32),
    ///     Field::new("Flags", FieldType::U8),
    ///     Field::new("Values", FieldType::Counted(Box::new(FieldType::U16))),
    /// ]);
    /// let payload = Struct::new(&fields, &[2, 0, 0, 0, 7, 1, 0, 5, 0]);
    /// let values = payload.value("Values")?.and_then(|values| values.as_array()).unwrap();
    /// assert_eq!(values.values().last(), Some(Ok(Value::U16(5))));
    /// # Ok::<(), nettrace::FieldError>(())
    /// ```
    #[must_use]
    pub fn new(fields: &'a Fields, payload: &'a [u8]) -> Self {
        Self { fields, payload, at: 0 }
    }

    /// The structure that begins there in a payload.
    pub(crate) fn at(fields: &'a Fields, payload: &'a [u8], at: u32) -> Self {
        Self { fields, payload, at }
    }

    /// The bytes after its last value.
    pub(crate) fn end(&self) -> Result<&'a [u8], FieldError> {
        let bytes = self.bytes();
        if let Some(size) = self.fields.fixed_size() {
            return bytes.get(size..).ok_or(FieldError::Truncated);
        }
        let mut walk = Walk::new(bytes, self.payload);
        for field in self.fields {
            walk.skip(&field.field_type);
        }
        walk.end()
    }

    /// From the first value to the end of the payload, which may be further than the last value.
    #[inline]
    fn bytes(&self) -> &'a [u8] {
        self.payload.get(self.at as usize..).unwrap_or_default()
    }

    /// The declared fields.
    #[must_use]
    pub fn fields(&self) -> &'a Fields {
        self.fields
    }

    /// The fields with their values, in payload order.
    #[must_use]
    #[inline]
    pub fn values(&self) -> Values<'a> {
        Values { fields: self.fields.iter(), walk: Walk::new(self.bytes(), self.payload) }
    }

    /// The value of the field at `position`, `None` when there are not so many.
    #[must_use]
    pub fn get(&self, position: usize) -> Option<Result<Value<'a>, FieldError>> {
        self.values().nth(position).map(|(_, value)| value)
    }

    /// The value of the named field, `None` when there is none.
    ///
    /// Structures without a name, which TraceLogging-style events wrap their fields in, are looked through.
    pub fn value(&self, name: &str) -> Result<Option<Value<'a>>, FieldError> {
        let Some(position) = self.fields.position(name) else {
            return self.value_in_unnamed(name);
        };
        self.get(position).transpose()
    }

    /// The value at the end of a path of names through nested structures, `None` when there is none.
    pub fn value_at(&self, path: &[&str]) -> Result<Option<Value<'a>>, FieldError> {
        let Some((last, parents)) = path.split_last() else { return Ok(None) };
        let mut inner = *self;
        for name in parents {
            match inner.value(name)? {
                Some(Value::Struct(next)) => inner = next,
                _ => return Ok(None),
            }
        }
        inner.value(last)
    }

    fn value_in_unnamed(&self, name: &str) -> Result<Option<Value<'a>>, FieldError> {
        for (position, field) in self.fields.iter().enumerate() {
            if !field.name.is_empty() {
                continue;
            }
            // Only look inside where the name can be found, so that a damaged value elsewhere does no harm.
            if let FieldType::Struct(fields) = &field.field_type
                && declares(fields, name)
                && let Some(Value::Struct(inner)) = self.get(position).transpose()?
            {
                return inner.value(name);
            }
        }
        Ok(None)
    }
}

/// Whether a structure declares a field of that name, looking through structures without a name.
fn declares(fields: &Fields, name: &str) -> bool {
    fields.iter().any(|field| {
        field.name == name
            || (field.name.is_empty()
                && matches!(&field.field_type, FieldType::Struct(inner) if declares(inner, name)))
    })
}

impl fmt::Debug for Struct<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (field, value) in self.values() {
            match value {
                Ok(value) => map.entry(&field.name, &value),
                Err(error) => map.entry(&field.name, &error),
            };
        }
        map.finish()
    }
}

/// The fields of a [`Struct`] with their values.
#[derive(Debug, Clone)]
pub struct Values<'a> {
    fields: std::slice::Iter<'a, Field>,
    walk: Walk<'a>,
}

impl<'a> Iterator for Values<'a> {
    type Item = (&'a Field, Result<Value<'a>, FieldError>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let field = self.fields.next()?;
        self.walk.next(&field.field_type, |value| Some((field, value)))
    }

    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(mut self, init: B, mut add: F) -> B {
        let mut sum = init;
        for field in self.fields {
            sum = self.walk.next(&field.field_type, |value| add(sum, (field, value)));
        }
        sum
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.fields.size_hint()
    }

    fn nth(&mut self, count: usize) -> Option<Self::Item> {
        for _ in 0..count {
            self.walk.skip(&self.fields.next()?.field_type);
        }
        self.next()
    }
}

impl ExactSizeIterator for Values<'_> {}

impl<'a> Values<'a> {
    /// The bytes of the payload behind the last value of the structure, whether it has been read or not.
    ///
    /// # Errors
    ///
    /// When the end of the last value is not known, since a value cannot be read.
    pub fn rest(mut self) -> Result<&'a [u8], FieldError> {
        for field in self.fields {
            self.walk.skip(&field.field_type);
        }
        self.walk.end()
    }
}
