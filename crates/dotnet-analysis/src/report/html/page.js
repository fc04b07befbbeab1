"use strict";
// What a page can do beyond being read: tables that are sorted and searched, charts that say their figures and zoom, figures
// to save. Everything that is to be read is there without it.
(() => {
  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  // Figures as the page writes them everywhere else.
  const groups = (text) => {
    const [whole, decimals] = text.split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    return decimals === undefined ? grouped : `${grouped}.${decimals}`;
  };
  const short = (value) => {
    const size = Math.abs(value);
    const decimals = Number.isInteger(value) || size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.1 ? 2 : 3;
    const text = value.toFixed(decimals);
    return groups(Number(text) === 0 ? "0" : text);
  };
  const scaled = (value, units) => {
    let unit = 0;
    while (Math.abs(value) >= 999.95 && unit + 1 < units.length) {
      value /= 1000;
      unit += 1;
    }
    return `${unit === 0 ? value.toFixed(0) : short(value)} ${units[unit]}`;
  };
  const two = (value) => String(value).padStart(2, "0");
  const long = (seconds) => {
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return `${minutes} min ${two(seconds % 60)} s`;
    return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  };
  const shown = {
    count: short,
    percent: (value) => `${short(value)} %`,
    bytes: (value) => scaled(value, ["B", "KB", "MB", "GB", "TB", "PB"]),
    nanos: (value) => {
      const seconds = value / 1e9;
      if (Math.abs(seconds) < 0.99995) return scaled(value, ["ns", "µs", "ms"]);
      return Math.abs(seconds) < 99.95 ? `${short(seconds)} s` : long(Math.round(seconds));
    },
  };
  const clock = (seconds, whole) => {
    if (whole <= 120) return `${Number(seconds.toFixed(3))} s`;
    const rounded = Math.round(seconds);
    const [hours, minutes] = [Math.floor(rounded / 3600), Math.floor(rounded / 60)];
    return hours === 0 ? `${minutes}:${two(rounded % 60)}` : `${hours}:${two(minutes % 60)}:${two(rounded % 60)}`;
  };

  // Tables. Long ones begin folded.
  const FOLDED_FROM = 25;
  const SEARCHED_FROM = 12;
  for (const table of document.querySelectorAll("table")) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const original = [...rows];
    const heads = [...table.tHead.rows[0].cells];
    let isFolded = rows.length > FOLDED_FROM;
    let words = "";

    const show = () => {
      let count = 0;
      for (const row of rows) {
        const isFound = words === "" || row.textContent.toLowerCase().includes(words);
        row.classList.toggle("unfound", !isFound);
        if (isFound) count += 1;
        row.classList.toggle("folded", isFound && isFolded && count > FOLDED_FROM);
      }
      if (more) {
        more.hidden = !isFolded || count <= FOLDED_FROM;
        more.textContent = `Show all ${groups(String(count))}`;
      }
    };
    const key = (row, at) => {
      const cell = row.cells[at];
      if (!cell) return "";
      return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
    };
    const sort = (at, direction) => {
      const isNumber = rows.some((row) => typeof key(row, at) === "number");
      const compare = (a, b) => {
        const [x, y] = [key(a, at), key(b, at)];
        if (!isNumber) return x.localeCompare(y) * direction;
        // What has no value comes last either way.
        if (typeof x !== "number" || typeof y !== "number") return (typeof x !== "number") - (typeof y !== "number");
        return (x - y) * direction;
      };
      if (direction === 0) rows.splice(0, rows.length, ...original);
      else rows.sort(compare);
      body.append(...rows);
      show();
    };
    // A table of one column is a list, such as a call stack, whose order says something.
    if (heads.length > 1) heads.forEach((head, at) => {
      const button = make("button", { type: "button" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        // Numbers are mostly wanted from the largest on. A third click gives the report's own order back.
        const first = head.classList.contains("n") ? "descending" : "ascending";
        const second = first === "descending" ? "ascending" : "descending";
        const now = head.getAttribute("aria-sort");
        const next = now === null ? first : now === first ? second : null;
        for (const other of heads) other.removeAttribute("aria-sort");
        if (next !== null) head.setAttribute("aria-sort", next);
        sort(at, next === null ? 0 : next === "ascending" ? 1 : -1);
      });
    });
    if (rows.length > SEARCHED_FROM) {
      const input = make("input", { type: "search", placeholder: "Search these rows" });
      input.setAttribute("aria-label", "Search these rows");
      input.addEventListener("input", () => {
        words = input.value.trim().toLowerCase();
        show();
      });
      table.parentElement.before(make("div", { className: "tools" }, input));
    }
    const more = isFolded ? make("button", { type: "button", className: "plain" }) : null;
    if (more) {
      more.addEventListener("click", () => {
        isFolded = false;
        show();
      });
      table.parentElement.after(more);
      show();
    }
  }

  // Charts: the figures at the pointer, and zoom by dragging.
  const SIZE = 1000;
  for (const chart of document.querySelectorAll(".chart[data-x]")) {
    const numbers = (text) => text.split(" ").map(Number);
    const [from, to] = numbers(chart.dataset.x);
    const [low, high] = numbers(chart.dataset.y);
    const plot = chart.querySelector(".plot");
    const svg = plot.querySelector("svg");
    const labels = plot.querySelector(".x");
    const untouched = labels.innerHTML;
    const say = shown[chart.dataset.unit];
    const series = [...svg.querySelectorAll(".mark")].map((mark) => ({
      name: mark.dataset.name,
      index: [...mark.classList].find((name) => name !== "mark"),
      points: [...mark.getAttribute("d").matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]),
    }));
    /** What of the plot is seen, in its own units. */
    let view = [0, SIZE];
    const second = (x) => from + (x / SIZE) * (to - from);

    const zoom = (start, end) => {
      view = [start, end];
      svg.setAttribute("viewBox", `${start} 0 ${end - start} ${SIZE}`);
      const isWhole = start === 0 && end === SIZE;
      reset.hidden = isWhole;
      if (isWhole) {
        labels.innerHTML = untouched;
      } else {
        const at = [0, 0.25, 0.5, 0.75, 1];
        const whole = second(end) - second(start);
        const texts = at.map((place) => clock(second(start + place * (end - start)), whole));
        labels.replaceChildren(...texts.map((text, index) => {
          const label = make("span", {}, text);
          label.style.left = `${at[index] * 100}%`;
          return label;
        }));
      }
    };
    const reset = make("button", { type: "button", className: "plain", hidden: true }, "Whole time");
    reset.addEventListener("click", () => zoom(0, SIZE));
    svg.addEventListener("dblclick", () => zoom(0, SIZE));
    chart.append(reset);

    const pointer = make("div", { className: "pointer", hidden: true });
    const selected = make("div", { className: "selected", hidden: true });
    const tip = make("div", { className: "tip", hidden: true });
    plot.append(selected, pointer, tip);
    const place = (event) => {
      const box = svg.getBoundingClientRect();
      return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    };
    const nearest = (points, x) => {
      let [least, most] = [0, points.length - 1];
      while (least < most) {
        const middle = (least + most) >> 1;
        if (points[middle][0] < x) least = middle + 1;
        else most = middle;
      }
      const before = points[least - 1];
      const at = points[least];
      return before && (!at || x - before[0] < at[0] - x) ? before : at;
    };
    let draggedFrom = null;
    svg.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "mouse" && event.button === 0) {
        draggedFrom = place(event);
        svg.setPointerCapture(event.pointerId);
      }
    });
    svg.addEventListener("pointermove", (event) => {
      const at = place(event);
      const x = view[0] + at * (view[1] - view[0]);
      const found = series.map((one) => ({ ...one, point: nearest(one.points, x) })).filter((one) => one.point);
      if (found.length === 0) return;
      // All series at the time of the nearest value of any.
      const [{ point: closest }] = [...found].sort((a, b) => Math.abs(a.point[0] - x) - Math.abs(b.point[0] - x));
      const left = (closest[0] - view[0]) / (view[1] - view[0]);
      pointer.hidden = left < 0 || left > 1;
      pointer.style.left = `${left * 100}%`;
      tip.hidden = false;
      tip.style.left = left < 0.5 ? `calc(${Math.max(0, left) * 100}% + 8px)` : "";
      tip.style.right = left < 0.5 ? "" : `calc(${(1 - Math.min(1, left)) * 100}% + 8px)`;
      const value = (y) => low + (1 - y / SIZE) * (high - low);
      tip.replaceChildren(
        make("div", {}, clock(second(closest[0]), Math.min(120, to - from))),
        ...found.map((one) => {
          const name = series.length > 1 ? `${one.name} ` : "";
          return make("div", { className: one.index }, `${name}${say(value(one.point[1]))}`);
        }),
      );
      if (draggedFrom !== null) {
        selected.hidden = false;
        selected.style.left = `${Math.min(draggedFrom, at) * 100}%`;
        selected.style.width = `${Math.abs(at - draggedFrom) * 100}%`;
      }
    });
    const end = (event) => {
      if (draggedFrom === null) return;
      const [start, stop] = [draggedFrom, place(event)].sort((a, b) => a - b);
      draggedFrom = null;
      selected.hidden = true;
      const width = view[1] - view[0];
      if (stop - start > 0.01 && width * (stop - start) > 0.01) zoom(view[0] + start * width, view[0] + stop * width);
    };
    svg.addEventListener("pointerup", end);
    svg.addEventListener("pointercancel", () => {
      draggedFrom = null;
      selected.hidden = true;
    });
    svg.addEventListener("pointerleave", () => {
      pointer.hidden = true;
      tip.hidden = true;
    });
  }

  // The figures that the page was made of.
  const figures = document.getElementById("figures");
  if (figures) {
    const save = make("button", { type: "button", className: "plain" }, "Save the figures as JSON");
    save.addEventListener("click", () => {
      const url = URL.createObjectURL(new Blob([figures.textContent], { type: "application/json" }));
      const name = document.title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
      make("a", { href: url, download: `${name}.json` }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    });
    document.querySelector("footer").prepend(make("p", { className: "tools" }, save));
  }
})();
