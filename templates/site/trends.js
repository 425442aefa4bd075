// The charts of the trends: values, intervals and changes were worked out by hvlab; here they are drawn.
"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const by = (id) => document.getElementById(id);
  const all = read("series");
  const words = read("words");
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const scales = { MiB: ["MiB", 1, 1], percent: ["%", 1, 2], B: ["GiB", 2 ** 30, 2], s: ["s", 1, 2] };
  const HEIGHT = 250, LEFT = 64, RIGHT = 16, TOP = 30, BOTTOM = 40;
  let width = 760;

  const drawn = (name, attributes = {}, text = "") => {
    const it = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) it.setAttribute(key, value);
    it.textContent = text;
    return it;
  };
  const made = (name, text = "") => {
    const it = document.createElement(name);
    it.textContent = text;
    return it;
  };
  const shown = (value, unit, sign = false) => {
    const [name, scale, digits] = scales[unit];
    const text = Math.abs(value / scale).toFixed(digits);
    return `${Number(text) === 0 ? "" : value < 0 ? "\u2212" : sign ? "+" : ""}${text} ${name}`;
  };
  const spread = (point, unit) => point.interval ? `${shown(point.interval[0], unit)} \u2013 ${shown(point.interval[1], unit)}` : "";

  // In the order in which hvlab decided on changes: `sequence` has the keys along each axis.
  const along = (series, axis) => {
    const points = new Map(series.points.map((it) => [it.key, it]));
    return series.sequences[axis].map((key) => points.get(key));
  };

  const ticks = (low, high) => {
    const raw = (high - low) / 4;
    const size = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].find((it) => it * size >= raw) * size;
    const found = [];
    for (let at = Math.ceil(low / step) * step; at <= high + step / 1e6; at += step) found.push(at);
    return { found, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
  };

  const places = (points, axis) => {
    const inner = width - LEFT - RIGHT;
    if (axis !== "date") return points.map((_, i) => LEFT + inner * (i + 0.5) / points.length);
    const times = points.map((it) => Date.parse(it.date));
    const [first, last] = [times[0], times.at(-1)];
    return times.map((it) => LEFT + 14 + (inner - 28) * (last > first ? (it - first) / (last - first) : 0.5));
  };

  const bottomLabels = (picture, points, xs, axis) => {
    let free = 0;
    points.forEach((it, i) => {
      const text = axis === "date" ? it.date.slice(0, 10) : it.versions[axis];
      if (axis !== "date" && i && points[i - 1].versions[axis] === text) return;
      const short = text.length > 18 ? `${text.slice(0, 17)}\u2026` : text;
      const wide = short.length * 7;
      const at = Math.min(Math.max(xs[i], wide / 2), width - wide / 2);
      if (at - wide / 2 < free) return;
      free = at + wide / 2 + 8;
      picture.append(drawn("text", { x: at, y: HEIGHT - 14, "text-anchor": "middle" }, short));
      picture.append(drawn("line", { x1: xs[i], x2: xs[i], y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM + 5, class: "grid" }));
    });
  };

  const tip = made("div");
  tip.id = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true"); // the point's own name says the same
  document.body.append(tip);
  const tell = (it) => {
    const place = it.getBoundingClientRect();
    tip.textContent = it.getAttribute("aria-label");
    tip.hidden = false;
    tip.style.left = `${Math.max(8, Math.min(place.left, document.documentElement.clientWidth - tip.offsetWidth - 8)) + scrollX}px`;
    tip.style.top = `${place.top + scrollY - tip.offsetHeight - 8}px`;
  };
  const reach = (links) => links.forEach((it, place) => {
    it.setAttribute("tabindex", place ? "-1" : "0");
    for (const event of ["focus", "pointerenter"]) it.addEventListener(event, () => tell(it));
    for (const event of ["blur", "pointerleave"]) it.addEventListener(event, () => { tip.hidden = true; });
    it.addEventListener("keydown", (event) => {
      const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: links.length - 1 }[event.key];
      if (event.key === "Escape") tip.hidden = true;
      if (to === undefined || !links[to]) return;
      event.preventDefault();
      it.setAttribute("tabindex", "-1");
      links[to].setAttribute("tabindex", "0");
      links[to].focus();
    });
  });

  const picture = (series, points, axis, caption) => {
    const ends = points.flatMap((it) => it.interval ?? [it.mean]);
    const [, scale] = scales[series.unit];
    let [low, high] = [Math.min(...ends) / scale, Math.max(...ends) / scale];
    const room = (high - low) * 0.12 || Math.abs(high) * 0.05 || 1;
    [low, high] = [low - room, high + room];
    const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value / scale - low) / (high - low));
    const xs = places(points, axis);
    const it = drawn("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "group", "aria-label": caption });
    it.style.setProperty("--series", series.colour || "#888888");
    const { found, digits } = ticks(low, high);
    for (const at of found) {
      it.append(drawn("line", { x1: LEFT, x2: width - RIGHT, y1: y(at * scale), y2: y(at * scale), class: "grid" }));
      it.append(drawn("text", { x: LEFT - 6, y: y(at * scale) + 4, "text-anchor": "end" }, at.toFixed(digits).replace("-", "\u2212")));
    }
    it.append(drawn("text", { x: LEFT - 6, y: 14, "text-anchor": "end" }, scales[series.unit][0]));
    bottomLabels(it, points, xs, axis);
    it.append(drawn("polyline", { points: points.map((each, i) => `${xs[i]},${y(each.mean)}`).join(" "), class: "line" }));
    const at = new Map(points.map((each, i) => [each.key, xs[i]]));
    for (const step of series.steps.filter((each) => each.axis === axis)) {
      const x = (at.get(step.before) + at.get(step.after)) / 2;
      const amount = shown(step.amount, series.unit, true);
      const label = fill(words.change, { title: series.title, a: words.names[step.before], b: words.names[step.after], amount });
      const link = drawn("a", { href: `${words.compare}#${step.before},${step.after}`, class: "mark", "aria-label": label });
      link.append(drawn("line", { x1: x, x2: x, y1: TOP - 6, y2: HEIGHT - BOTTOM, class: "step" }));
      const side = x > width - 110 ? "end" : x < 110 ? "start" : "middle";
      link.append(drawn("text", { x, y: TOP - 12, "text-anchor": side }, amount));
      it.append(link);
    }
    const links = points.map((each, i) => {
      const name = words.names[each.key];
      const boots = each.boots > 1 ? fill(words.boots, { n: each.boots }) : words.boot;
      const version = axis === "date" ? each.date.slice(0, 10) : each.versions[axis];
      const text = [`${series.title}, ${name}, ${version}: ${shown(each.mean, series.unit)}`, spread(each, series.unit), boots].filter(Boolean).join(", ");
      // To its row in the list, which leads to its paper.
      const link = drawn("a", { href: `${words.list}#${each.key}`, "aria-label": text });
      if (each.interval) link.append(drawn("path", { d: `M${xs[i]} ${y(each.interval[0])}V${y(each.interval[1])}`, class: "whisker" }));
      link.append(drawn("circle", { cx: xs[i], cy: y(each.mean), r: points.length > 120 ? 2.5 : 5, class: "point" }));
      link.append(drawn("circle", { cx: xs[i], cy: y(each.mean), r: 12, class: "hit" }));
      return link;
    });
    it.append(...links);
    reach(links);
    return it;
  };

  const valuesOf = (series, points, axis, axisName) => {
    const box = made("details");
    box.append(made("summary", words.table));
    const table = made("table");
    const head = table.createTHead().insertRow();
    for (const text of [words.study, axisName, words.value, words.interval]) {
      const cell = made("th", text);
      cell.scope = "col";
      head.append(cell);
    }
    const body = table.createTBody();
    for (const it of points) {
      const row = body.insertRow();
      const name = made("th", words.names[it.key]);
      name.scope = "row";
      row.append(name);
      const version = axis === "date" ? it.date.slice(0, 10) : it.versions[axis];
      for (const text of [version, shown(it.mean, series.unit), spread(it, series.unit)]) row.insertCell().textContent = text;
    }
    box.append(table);
    return box;
  };

  // Drawn for the width that there is, so that letters have their own size on a phone, too.
  const fitting = () => Math.min(Math.max(by("charts").clientWidth - 28, 280), 1100);
  const choice = ["experiment", "quantity", "axis"].map(by);
  const show = () => {
    const [experiment, quantity, axis] = choice.map((it) => it.value);
    width = fitting();
    const axisName = choice[2].selectedOptions[0].textContent;
    const found = all.filter((it) => it.experiment === experiment && it.quantity === quantity);
    by("charts").replaceChildren(...found.map((series) => {
      const figure = made("figure");
      figure.className = "chart";
      const title = { title: series.title, quantity: words.quantities[quantity], n: series.points.length };
      const caption = made("figcaption", `${fill(words.caption, title)} `);
      caption.append(made("small", fill(words.help, title)));
      figure.append(caption);
      if (!series.axes.includes(axis)) {
        figure.append(made("p", fill(words.lacks, title)));
        return figure;
      }
      const points = along(series, axis);
      figure.append(picture(series, points, axis, caption.textContent), valuesOf(series, points, axis, axisName));
      return figure;
    }));
    let shownRows = 0;
    for (const row of by("changes").tBodies[0].rows) {
      const it = row.dataset;
      row.hidden = it.experiment !== experiment || it.quantity !== quantity || it.axis !== axis;
      shownRows += !row.hidden;
    }
    by("no-change").hidden = shownRows > 0;
    by("changes").hidden = shownRows === 0;
  };
  for (const it of choice) it.addEventListener("change", show);
  new ResizeObserver(() => { if (fitting() !== width) show(); }).observe(by("charts"));
  by("choice").addEventListener("submit", (event) => event.preventDefault());
  show();
})();
