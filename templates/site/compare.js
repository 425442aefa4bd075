// Compares any two studies, by the rule and with the numbers that hvlab wrote: see report/site/rules.py.
"use strict";
const hvlab = { numbers: {} };
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const by = (id) => document.getElementById(id);
  const rules = read("rules");
  const words = read("words");
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  // Student's quantile between the table's entries, by the cubic through the four next to it.
  const quantile = (freedom) => {
    const at = rules.quantiles;
    const x = (at.length - 1) / freedom;
    const first = Math.max(0, Math.min(Math.floor(x) - 1, at.length - 4));
    let sum = 0;
    for (let i = first; i < first + 4; i += 1) {
      let weight = 1;
      for (let j = first; j < first + 4; j += 1) if (j !== i) weight *= (x - j) / (i - j);
      sum += weight * at[i];
    }
    return sum;
  };

  // report.inference.verdicts.differ, of two means with the variance of each and its number of boots.
  hvlab.differ = (unit, before, after) => {
    const mean = after.mean - before.mean;
    const least = Math.min(Math.abs(after.mean), Math.abs(before.mean));
    const margin = rules.absolute[unit] ?? rules.shares[unit] * least;
    const resolved = mean !== 0 && Math.abs(mean) >= margin;
    if (Math.min(before.n, after.n) < 2) return { verdict: "open", reason: "one-boot", mean, resolved };
    const variance = before.variance + after.variance;
    const freedom = variance > 0 && Number.isFinite(variance)
      ? 1 / ([before, after].reduce((sum, it) => sum + (it.variance / variance) ** 2 / (it.n - 1), 0))
      : Math.min(before.n, after.n) - 1;
    const half = quantile(freedom) * Math.sqrt(variance);
    const [low, high] = [mean - half, mean + half];
    const found = { mean, low, high, resolved, reason: "" };
    if ((low > 0 || high < 0) && resolved) return { ...found, verdict: "changed" };
    if (low >= -margin && high <= margin) return { ...found, verdict: "same" };
    return { ...found, verdict: "open", reason: low > 0 || high < 0 ? "resolution" : "chance" };
  };

  const made = (name, text = "", attributes = {}) => {
    const it = document.createElement(name);
    it.textContent = text;
    for (const [key, value] of Object.entries(attributes)) it.setAttribute(key, value);
    return it;
  };

  const scales = { MiB: ["MiB", 1, 1], percent: ["%", 1, 2], B: ["GiB", 2 ** 30, 2], s: ["s", 1, 2] };
  const shown = (value, unit, sign = false) => {
    const [, scale, digits] = scales[unit];
    const text = Math.abs(value / scale).toFixed(digits);
    const mark = Number(text) === 0 ? "" : value < 0 ? "\u2212" : sign ? "+" : "";
    return mark + text;
  };

  const key = (it) => JSON.stringify(it.slice(0, 3));
  const numbersOf = (study) => new Map(study.numbers.map((it) => [key(it), { mean: it[3], variance: it[4], n: it[5] }]));

  // In the order of report.compare: that of the first study, then what only the second one has.
  const changes = (one, other) => {
    const [before, after] = [numbersOf(one), numbersOf(other)];
    return [...new Set([...before.keys(), ...after.keys()])].map((name) => {
      const [quantity, provider, stage] = JSON.parse(name);
      const [a, b] = [before.get(name), after.get(name)];
      const unit = rules.units[quantity];
      const decided = a && b ? hvlab.differ(unit, a, b) : { verdict: "only", reason: "" };
      return { quantity, provider, stage, unit, a, b, decided };
    });
  };

  const tableOf = (heads, rows, label) => {
    const box = made("div", "", { class: "scroll" });
    const table = made("table", "", { class: "cards plain", role: "table", "aria-label": label });
    const head = table.createTHead().insertRow();
    for (const [text, number] of heads) head.append(made("th", text, { scope: "col", role: "columnheader", class: number ? "num" : "" }));
    head.setAttribute("role", "row");
    table.tHead.setAttribute("role", "rowgroup");
    const body = table.createTBody();
    for (const cells of rows) {
      const row = body.insertRow();
      row.setAttribute("role", "row");
      cells.forEach((cell, place) => {
        const { text, type } = typeof cell === "object" ? cell : { text: cell, type: heads[place][1] ? "num" : "" };
        // The roles stay where the style makes cards of the rows.
        const it = place ? made("td", "", { role: "cell", "data-label": heads[place][0] }) : made("th", text, { scope: "row", role: "rowheader" });
        if (place && text) it.append(made("span", text));
        if (type) it.className = type;
        row.append(it);
      });
    }
    body.setAttribute("role", "rowgroup");
    box.append(table);
    return box;
  };

  const rowOf = (it, names) => {
    const { decided } = it;
    const unit = ` ${scales[it.unit][0]}`;
    const amount = decided.mean === undefined ? "" : shown(decided.mean, it.unit, true) + unit;
    const ends = decided.low === undefined ? "" : ` (${shown(decided.low, it.unit, true)} \u2013 ${shown(decided.high, it.unit, true)})`;
    const verdict = decided.verdict === "only" ? fill(words.only, { study: it.a ? names[0] : names[1] }) : words[decided.verdict];
    return [
      words.quantities[it.quantity] ?? it.quantity,
      it.stage ? words.stages[it.stage] ?? it.stage : "",
      it.a ? shown(it.a.mean, it.unit) + unit : "",
      it.b ? shown(it.b.mean, it.unit) + unit : "",
      amount + ends,
      { text: verdict, type: `verdict ${decided.verdict}` },
    ];
  };

  const titlesOf = (...studies) => {
    const titles = new Map();
    for (const [name, title] of studies.flatMap((it) => it.hypervisors)) if (!titles.has(name)) titles.set(name, title);
    return titles;
  };

  const section = (title, id) => {
    const it = made("section", "", { "aria-labelledby": id });
    it.append(made("h2", title, { id }));
    return it;
  };

  const versions = (provider, studies) => {
    const [a, b] = studies.map((it) => new Map(it.versions[provider] ?? []));
    return [...new Set([...a.keys(), ...b.keys()])].map((part) => {
      const [one, other] = [a.get(part) ?? words.unknown, b.get(part) ?? words.unknown];
      return one === other ? `${part} ${one}` : `${part} ${one} \u2192 ${other}`;
    }).join(", ");
  };

  const heads = [[words.quantity], [words.stage], [words.before, true], [words.after, true], [words.difference, true], [words.verdict]];
  let everything = false;

  const show = (one, other) => {
    const names = [one.name, other.name];
    const found = changes(one, other);
    const number = (verdict) => found.filter((it) => it.decided.verdict === verdict).length;
    const counts = { all: found.length, changed: number("changed") + number("only"), same: number("same"), open: number("open") };
    by("summary").textContent = fill(words.summary, counts)
      + (found.some((it) => it.decided.reason === "one-boot") ? ` ${words.oneBoot}` : "");
    const parts = [made("p", "", { class: "which" })];
    const which = made("select", "", { id: "which" });
    for (const [value, text] of [["", words.clear], ["all", words.everything]]) which.append(made("option", text, { value }));
    which.value = everything ? "all" : "";
    which.addEventListener("change", () => {
      everything = which.value === "all";
      show(one, other);
      by("which").focus();
    });
    parts[0].append(made("label", `${words.which} `, { for: "which" }), which);
    [...titlesOf(one, other)].forEach(([provider, title], place) => {
      const part = section(title, `hypervisor-${place}`);
      part.append(made("p", versions(provider, [one, other]), { class: "note" }));
      // As report.compare: what cannot be told is shown where the means lie apart.
      const rows = found.filter((it) => it.provider === provider
        && (everything || ["changed", "only"].includes(it.decided.verdict) || (it.decided.verdict === "open" && it.decided.resolved)));
      part.append(rows.length ? tableOf(heads, rows.map((it) => rowOf(it, names)), title) : made("p", words.nothing));
      parts.push(part);
    });
    const settings = [...new Set([...Object.keys(one.settings), ...Object.keys(other.settings)])]
      .map((name) => [name, one.settings[name] ?? words.unknown, other.settings[name] ?? words.unknown])
      .filter(([, a, b]) => a !== b);
    const title = fill(words.settings, { count: settings.length });
    const last = section(title, "settings");
    if (settings.length) last.append(tableOf([[words.setting], [words.before], [words.after]], settings, title));
    by("found").replaceChildren(...parts, last);
  };

  // A script, since a page that was opened from a folder may load no other data.
  const load = (study) => new Promise((resolve, reject) => {
    if (hvlab.numbers[study]) return resolve();
    const script = made("script", "", { src: `studies/${encodeURIComponent(study)}/numbers.js` });
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new Error(study)));
    document.head.append(script);
  });

  const pair = ["before", "after"].map(by);
  const refresh = async () => {
    const chosen = pair.map((it) => it.value);
    by("found").replaceChildren();
    by("summary").textContent = "";
    if (chosen.includes("")) return;
    history.replaceState(null, "", `#${chosen.join(",")}`);
    try {
      await Promise.all(chosen.map(load));
    } catch (error) {
      by("summary").textContent = fill(words.damaged, { study: error.message });
      return;
    }
    // Meanwhile another pair may have been chosen.
    if (pair.every((it, place) => it.value === chosen[place])) show(...chosen.map((it) => hvlab.numbers[it]));
  };

  const fromAddress = () => {
    const named = decodeURIComponent(location.hash.slice(1)).split(",");
    // Only what is in the list: an address may come from anywhere.
    pair.forEach((it, place) => { it.value = [...it.options].some((each) => each.value === named[place]) ? named[place] : ""; });
    refresh();
  };

  for (const it of pair) it.addEventListener("change", refresh);
  by("swap").addEventListener("click", () => {
    [pair[0].value, pair[1].value] = [pair[1].value, pair[0].value];
    refresh();
  });
  by("pair").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", fromAddress);
  fromAddress();
})();
