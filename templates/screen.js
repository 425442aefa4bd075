// The page's script: it sorts and downloads tables, downloads figures, and makes the points of charts reachable.
"use strict";
(() => {
  const words = JSON.parse(document.getElementById("words").textContent);
  const told = document.getElementById("told");

  const button = (text, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  };

  const download = (name, type, text) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = `${words.study}-${name}`;
    link.click();
    URL.revokeObjectURL(link.href);
  };

  const tools = (after, title, text, act) => {
    const line = document.createElement("p");
    line.className = "tools";
    const made = button(text, act);
    made.setAttribute("aria-label", `${title} ${text}`);
    line.append(made);
    after.after(line);
  };

  const textOf = (cell) => cell.textContent.replace(/\s+/g, " ").trim();

  // The header's cells by column, as spans of rows and columns place them; the lowest comes last.
  const columnsOf = (table) => {
    const grid = [];
    [...table.tHead.rows].forEach((row, y) => {
      grid[y] ??= [];
      let x = 0;
      for (const cell of row.cells) {
        while (grid[y][x]) x += 1;
        for (let down = 0; down < cell.rowSpan; down += 1) {
          for (let right = 0; right < cell.colSpan; right += 1) (grid[y + down] ??= [])[x + right] = cell;
        }
        x += cell.colSpan;
      }
    });
    return grid[0].map((_, x) => [...new Set(grid.map((row) => row[x]))]);
  };

  const csvOf = (table) => {
    const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const head = columnsOf(table).map((cells) => cells.map((cell) => cell.dataset.text ?? textOf(cell)).join(" "));
    const rows = [...table.tBodies].flatMap((body) => [...body.rows].map((row) => [...row.cells].map((cell) => textOf(cell).replace(/\u2212(?=\d)/g, "-"))));
    return [head, ...rows].map((row) => row.map(quoted).join(",") + "\n").join("");
  };

  // A number sorts as such, also with a true minus sign; what is not a number comes last, whatever the direction.
  const keyOf = (cell) => {
    const text = textOf(cell).replaceAll("\u2212", "-").replace(/(\d),(?=\d{3})/g, "$1");
    const number = /^(?:VM-)?([-+]?\d+(?:\.\d+)?)/.exec(text);
    return number ? Number(number[1]) : text.toLowerCase();
  };

  const compare = (one, other, up) => {
    if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
    const less = typeof one === "number" ? one - other : one.localeCompare(other);
    return up ? less : -less;
  };

  const sort = (table, column, head) => {
    const up = head.getAttribute("aria-sort") !== "ascending";
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
    const keyed = rows.map((row) => ({ row, key: keyOf(row.cells[column]) }));
    keyed.sort((a, b) => compare(a.key, b.key, up));
    table.tBodies[0].append(...keyed.map((it) => it.row));
    for (const cell of table.tHead.querySelectorAll("[aria-sort]")) cell.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    told.textContent = `${head.dataset.text}: ${up ? words.ascending : words.descending}`;
  };

  const makeSortable = (table) => {
    const columns = columnsOf(table);
    const plain = [...table.tBodies].every((body) => [...body.rows].every((row) => row.cells.length === columns.length));
    if (!plain) return;
    columns.forEach((cells, column) => {
      const head = cells.at(-1);
      head.dataset.text = textOf(head);
      const made = button("", () => sort(table, column, head));
      made.title = words.sort;
      made.append(...head.childNodes);
      head.append(made);
    });
  };

  for (const table of document.querySelectorAll("main table[id]")) {
    makeSortable(table);
    const title = textOf(table.caption?.querySelector("b") ?? table);
    const box = table.closest(".scroll") ?? table;
    tools(box, title, words.table, () => download(`${table.id}.csv`, "text/csv", csvOf(table)));
  }

  // Only what scrolls is a stop of the Tab key.
  const stops = new ResizeObserver((entries) => {
    for (const { target } of entries) target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
  });
  for (const box of document.querySelectorAll(".scroll")) stops.observe(box);

  const tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true"); // the point's own name says the same
  document.body.append(tip);

  const show = (point) => {
    const place = point.getBoundingClientRect();
    tip.textContent = point.getAttribute("aria-label");
    tip.hidden = false;
    const left = Math.min(place.left, document.documentElement.clientWidth - tip.offsetWidth - 8);
    tip.style.left = `${Math.max(left, 8) + scrollX}px`;
    tip.style.top = `${place.top + scrollY - tip.offsetHeight - 6}px`;
  };
  const hide = () => { tip.hidden = true; };

  const reach = (points) => {
    points.forEach((point, place) => {
      point.querySelector("title").remove(); // the browser's own would lie over ours
      point.addEventListener("pointerenter", () => show(point));
      point.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hide());
      point.addEventListener("click", () => show(point));
      point.addEventListener("focus", () => show(point));
      point.addEventListener("blur", hide);
      point.addEventListener("keydown", (event) => {
        const to = { ArrowRight: place + 1, ArrowDown: place + 1, ArrowLeft: place - 1, ArrowUp: place - 1, Home: 0, End: points.length - 1 }[event.key];
        if (event.key === "Escape") hide();
        if (to === undefined || !points[to]) return;
        event.preventDefault();
        point.tabIndex = -1;
        points[to].tabIndex = 0;
        points[to].focus();
      });
    });
  };

  for (const picture of document.querySelectorAll(".chart > svg")) {
    const figure = picture.closest("figure");
    const title = textOf(figure.querySelector("figcaption b"));
    tools(figure, title, words.picture, () => download(`${figure.id}.svg`, "image/svg+xml", new XMLSerializer().serializeToString(picture)));
    const points = [...picture.querySelectorAll(".point")];
    reach(points);
    if (points.length) picture.setAttribute("aria-description", words.points);
  }
})();
