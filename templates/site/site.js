// The list: it is filtered and sorted here, and two of its studies are chosen to be compared.
"use strict";
(() => {
  const by = (id) => document.getElementById(id);
  const table = by("studies");
  const rows = [...table.tBodies[0].rows];
  const count = by("count");
  const order = by("order");
  const search = by("search");
  const only = { hypervisor: by("hypervisor"), state: by("state") };

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const it = row.dataset;
      const fits = words.every((word) => it.text.includes(word))
        && (!only.hypervisor.value || it.hypervisors.split(" ").includes(only.hypervisor.value))
        && (!only.state.value || it.state === only.state.value);
      row.hidden = !fits;
      shown += fits;
    }
    count.textContent = count.dataset.words.replace("{shown}", shown).replace("{all}", rows.length);
    by("none").hidden = shown > 0 || rows.length === 0;
  };

  const numbers = new Set(["cost", "boots"]);
  // What is not known comes last, whatever the direction.
  const compare = (key, up) => (one, other) => {
    const [a, b] = [one.dataset[key], other.dataset[key]];
    if (a === "" || b === "") return (a === "") - (b === "");
    const less = numbers.has(key) ? Number(a) - Number(b) : a.localeCompare(b, "en", { numeric: true });
    return up ? less : -less;
  };

  const sort = (key, up) => {
    table.tBodies[0].append(...[...rows].sort(compare(key, up)));
    for (const head of table.tHead.querySelectorAll("[data-key]")) {
      if (head.dataset.key === key) head.setAttribute("aria-sort", up ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
    order.value = `${key}:${up ? "up" : "down"}`; // "" where the list has no such order
  };

  for (const head of table.tHead.querySelectorAll("[data-key]")) {
    head.querySelector("button").addEventListener("click", () => sort(head.dataset.key, head.getAttribute("aria-sort") !== "ascending"));
  }
  order.addEventListener("change", () => {
    const [key, way] = order.value.split(":");
    sort(key, way === "up");
  });
  search.addEventListener("input", filter);
  for (const each of Object.values(only)) each.addEventListener("change", filter);
  by("filters").addEventListener("submit", (event) => event.preventDefault());

  const bar = by("chosen");
  const [link, text, clear] = bar.children;
  let chosen = [];
  const show = () => {
    const name = (box) => box?.closest("tr").dataset.name;
    const words = chosen.length === 2 ? bar.dataset.two : bar.dataset.one;
    // By functions: a name may hold what a replacement takes for a sign of its own.
    const said = words.replace("{a}", () => name(chosen[0]) ?? "").replace("{b}", () => name(chosen[1]) ?? "");
    bar.hidden = chosen.length === 0;
    link.hidden = chosen.length < 2;
    text.hidden = !link.hidden;
    (link.hidden ? text : link).textContent = said;
    // The older one is the one before.
    const pair = [...chosen].sort((a, b) => a.closest("tr").dataset.date.localeCompare(b.closest("tr").dataset.date));
    if (!link.hidden) link.href = `${bar.dataset.page}#${pair.map((it) => it.value).join(",")}`;
  };
  table.addEventListener("change", (event) => {
    const box = event.target;
    chosen = chosen.filter((it) => it !== box);
    if (box.checked) chosen.push(box);
    while (chosen.length > 2) chosen.shift().checked = false;
    show();
  });
  clear.addEventListener("click", () => {
    for (const box of chosen) box.checked = false;
    chosen = [];
    show();
    search.focus();
  });

  // What a browser has kept of the form from an earlier visit.
  for (const box of table.querySelectorAll(":checked")) chosen.push(box);
  show();
  filter();
  const [key, way] = (order.value || "date:down").split(":");
  sort(key, way === "up");
})();
