"use strict";
// Zoom, search and keys of a flame graph. Without this script the picture is whole and has tooltips; all that is added
// here are things to do. Boxes are <svg> elements in the order of a walk through the tree, with `x` and `width` in percent.
(() => {
  const script = document.currentScript;
  const graph = script ? script.closest("svg.pipescope-flame") : document.documentElement;
  const area = graph.querySelector(".boxes");
  const details = graph.querySelector(".details");
  const hint = "Point at a box to read it here, click to zoom in, click again to zoom out.";
  const SVG = "http://www.w3.org/2000/svg";
  const HTML = "http://www.w3.org/1999/xhtml";
  // Of a row of boxes, in pixels.
  const ROW = 18;

  /** All boxes, each with its caller and with those that it calls. */
  const boxes = [];
  const byElement = new Map();
  const path = [];
  for (const element of area.children) {
    const depth = Math.round(Number(element.getAttribute("y")) / ROW);
    const box = {
      element,
      depth,
      left: parseFloat(element.getAttribute("x")),
      width: parseFloat(element.getAttribute("width")),
      text: element.querySelector("title").textContent,
      caller: path[depth - 1] ?? null,
      callees: [],
      isFound: false,
    };
    box.caller?.callees.push(box);
    path.length = depth;
    path.push(box);
    boxes.push(box);
    byElement.set(element, box);
  }
  const roots = boxes.filter((box) => box.caller === null);

  /** The box that fills the width; null for the whole picture. */
  let zoomed = null;
  let chosen = null;

  const isWithin = (box, above) => {
    for (let at = box; at !== null; at = at.caller) if (at === above) return true;
    return false;
  };

  function zoom(to) {
    zoomed = to;
    const left = to ? to.left : 0;
    const scale = to ? 100 / to.width : 1;
    for (const box of boxes) {
      const isPassed = to !== null && box !== to && isWithin(to, box);
      const isShown = to === null || isPassed || isWithin(box, to);
      box.element.style.display = isShown ? "" : "none";
      box.element.classList.toggle("passed", isPassed);
      if (!isShown) continue;
      box.element.setAttribute("x", isPassed ? "0" : (box.left - left) * scale + "%");
      box.element.setAttribute("width", isPassed ? "100%" : box.width * scale + "%");
    }
    reset.disabled = to === null;
  }

  /** Tells of a box, below the title. */
  function show(box) {
    details.textContent = box ? box.text.replaceAll("\n", "  ·  ") : hint;
  }

  function choose(box) {
    chosen?.element.classList.remove("chosen");
    chosen = box;
    chosen?.element.classList.add("chosen");
    show(box);
  }

  function search(words) {
    const wanted = words.trim().toLowerCase();
    let share = 0;
    let count = 0;
    for (const box of boxes) {
      box.isFound = wanted !== "" && box.text.split("\n", 1)[0].toLowerCase().includes(wanted);
      box.element.classList.toggle("found", box.isFound);
      if (!box.isFound) continue;
      count += 1;
      // What is called by something that was found is counted there.
      let above = box.caller;
      while (above && !above.isFound) above = above.caller;
      if (!above) share += box.width;
    }
    result.textContent = wanted === "" ? "" : `${count} found, ${share.toFixed(1)} % `;
  }

  const element = (name, properties) => Object.assign(document.createElementNS(HTML, name), properties);
  const tools = document.createElementNS(SVG, "foreignObject");
  for (const [name, value] of Object.entries({ x: "20%", y: "4", width: "79%", height: "24" })) {
    tools.setAttribute(name, value);
  }
  const bar = element("div", { className: "flame-tools" });
  const result = element("span", { className: "result" });
  const input = element("input", { type: "search", placeholder: "Search (/)", title: "Part of a name" });
  const reset = element("button", { type: "button", textContent: "Whole picture", title: "Escape", disabled: true });
  result.setAttribute("aria-live", "polite");
  bar.append(result, input, " ", reset);
  tools.append(bar);
  graph.append(tools);

  const boxOf = (event) => {
    const within = event.target.closest(".boxes > svg");
    return within ? (byElement.get(within) ?? null) : null;
  };
  area.addEventListener("click", (event) => {
    const box = boxOf(event);
    if (!box) return;
    choose(box);
    zoom(box === zoomed ? box.caller : box);
  });
  area.addEventListener("mouseover", (event) => show(boxOf(event)));
  area.addEventListener("mouseleave", () => show(chosen));
  reset.addEventListener("click", () => zoom(null));
  input.addEventListener("input", () => search(input.value));

  /** The box beside: those of the same caller, from left to right. */
  function beside(box, step) {
    const row = box.caller ? box.caller.callees : roots;
    return row[row.indexOf(box) + step] ?? box;
  }

  const moves = {
    ArrowDown: (box) => box.callees[0] ?? box,
    ArrowUp: (box) => box.caller ?? box,
    ArrowRight: (box) => beside(box, 1),
    ArrowLeft: (box) => beside(box, -1),
  };
  area.setAttribute("tabindex", "0");
  area.addEventListener("keydown", (event) => {
    if (event.key in moves) {
      const next = chosen ? moves[event.key](chosen) : (zoomed ?? roots[0] ?? null);
      choose(next);
      if (next && zoomed && !isWithin(next, zoomed)) zoom(next);
    } else if (event.key === "Enter" && chosen) {
      zoom(chosen);
    } else {
      return;
    }
    event.preventDefault();
  });
  show(null);
  const isAlone = document.documentElement === graph;
  (isAlone ? document : graph).addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      input.value = "";
      search("");
      choose(null);
      zoom(null);
    } else if (event.key === "/" && event.target !== input) {
      input.focus();
      event.preventDefault();
    }
  });
})();
