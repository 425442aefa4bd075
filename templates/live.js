// The decision for what a reader asks for: `rules` are those of the paper, translated from their source.
"use strict";
const live = (() => {
  const given = document.getElementById("live-data");
  const answerTo = ({ demands, asked, use, providers }) => {
    const known = new Map(demands.map((it) => [it.provider, py.call(rules.Demand, [], it)]));
    const question = py.call(rules.Asked, [], { ...asked, weights: py.call(rules.Weights, [], asked.weights) });
    return rules.answer(known, question, use, providers);
  };
  if (!given) return { answerTo };

  const { study, words } = JSON.parse(given.textContent);
  const form = document.getElementById("ask");
  const asked = document.getElementById("asked");
  const said = document.getElementById("ask-said");
  const gib = (mib) => (mib >= 1024 && mib % 1024 === 0 ? `${mib / 1024}\u00a0GiB` : `${+mib.toFixed(1)}\u00a0MiB`);
  const filled = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  const points = (share) => {
    const text = (100 * share).toFixed(2);
    return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "\u2212");
  };
  const listed = (names) => (names.length > 1 ? filled(words.join, { names: names.slice(0, -1).join(", "), last: names.at(-1) }) : names.join(""));
  const title = (provider) => study.titles[provider];
  const titles = (providers) => listed(providers.map(title));

  // What a slider can be set to: round values, and the study's own.
  const among = (own, values) => [...new Set([...values, own])].sort((a, b) => a - b);
  const doubled = (from, to) => { const all = []; for (let size = from; size <= to; size *= 2) all.push(size, size * 1.5); return all; };
  const weights = (own) => among(own, [0, 0.5, 1, 1.5, 2, 3, 5]);
  const own = { ...study.asked, ...study.asked.weights, disk_weight: study.asked.weights.disk, disk: 0 };
  const choices = {
    guests: among(own.guests, Array.from({ length: 200 }, (_, at) => at + 1)),
    guest_mib: among(own.guest_mib, doubled(128, 16384)),
    host_mib: among(own.host_mib, doubled(2048, 1048576)),
    disk: among(0, doubled(10240, 16777216)), // 0: each hypervisor's own, as it was read
    memory: weights(own.memory), cpu: weights(own.cpu), disk_weight: weights(own.disk_weight),
  };
  const printed = { guest_mib: gib, host_mib: gib, disk: (mib) => (mib ? gib(mib) : words.as_read) };
  const value = (name) => choices[name][Number(form.elements[name].value)];

  const tell = () => {
    for (const name of Object.keys(choices)) {
      const text = (printed[name] ?? String)(value(name));
      form.elements[name].setAttribute("aria-valuetext", text);
      form.elements[name].nextElementSibling.textContent = text;
    }
  };
  const set = () => {
    for (const name of Object.keys(choices)) {
      form.elements[name].max = choices[name].length - 1;
      form.elements[name].value = choices[name].indexOf(own[name]);
    }
  };

  const question = () => ({
    guests: value("guests"), guest_mib: value("guest_mib"), host_mib: value("host_mib"),
    weights: { memory: value("memory"), cpu: value("cpu"), disk: value("disk_weight") },
  });
  const demands = () => {
    const room = value("disk") * 1024 ** 2;
    return study.demands.map((it) => ({ ...it, disk_room: room || it.disk_room }));
  };

  const sure = (decision) => {
    const next = decision.options[decision.why === "clear" ? 1 : 0];
    const open = decision.options.filter((it) => it.fit === "cannot tell").map((it) => it.provider);
    const unread = study.demands.filter((it) => it.as_read.mean < it.guest_mib).map((it) => it.provider);
    const names = decision.why === "fit" ? open : decision.why === "bound" ? unread : decision.uncertain;
    const ends = next?.interval;
    return filled(words.sureness[decision.why], {
      name: next && title(next.provider), names: titles(names), points: points(next?.behind ?? 0),
      ends: ends && filled(words.ends, { low: points(ends.low), high: points(ends.high) }),
    });
  };
  const changes = ({ decision, fewer, more, alone, looked_up_to: most }) => {
    const instead = (turn) => filled(words.instead[turn.why], { name: turn.winner && title(turn.winner) });
    const found = [fewer, more].filter(Boolean).map(([guests, turn]) => filled(words.with_guests, { guests, what: instead(turn) }));
    for (const [name, turn] of alone) found.push(filled(words.alone, { resource: words.resources[name], what: instead(turn) }));
    if (["one-boot", "chance", "fit"].includes(decision.why) && words.more_boots) found.push(words.more_boots);
    return found.length ? `${found.join("; ")}.` : filled(words.unchanged, { guests: most });
  };
  const held = (fits) => [...fits].map(([name, it]) => {
    const ends = it.low !== null && it.low !== it.high ? `${it.low}\u2013${it.high}, ` : "";
    return `${title(name)} ${it.guests} (${ends}${words.resources[it.limit]})`;
  }).join(", ");

  const element = (name, text, kind) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };
  const line = (label, text) => {
    const made = element("p");
    made.append(element("b", label), ` ${text}`);
    return made;
  };
  const bars = ({ options }) => {
    const list = element("ul", undefined, "bars");
    list.setAttribute("aria-label", words.score);
    const most = Math.max(...options.map((it) => it.score), 1e-9);
    for (const it of options) {
      const item = element("li");
      const bar = element("span", undefined, "bar");
      bar.style.width = `${Math.max(48 * it.score / most, 0)}%`;
      item.append(element("span", title(it.provider), "who"), bar, element("span", it.lacks.length ? words.no_fit : `${points(it.score)}\u00a0%`));
      list.append(item);
    }
    return list;
  };

  const answer = () => {
    const input = question();
    const known = demands();
    const among = new Map(known.map((it) => [it.provider, py.call(rules.Demand, [], it)]));
    const parts = [], choices = [];
    for (const use of rules.uses(among, input.guest_mib, study.at_work)) {
      const found = answerTo({ demands: known, asked: input, use, providers: study.providers });
      const { decision } = found;
      const first = decision.options[0];
      parts.push(element("h3", words.use[use]));
      const choice = filled(words.choices[decision.why], { name: first && title(decision.winner ?? first.provider) });
      choices.push(`${words.use[use]}: ${choice}`);
      parts.push(line(words.choice, choice));
      if (decision.options.length) parts.push(bars(decision), line(words.sure, sure(decision)));
      parts.push(line(words.held, `${held(found.fits)}.`));
      if (decision.options.length) parts.push(line(words.change, changes(found)));
      const out = [...decision.left_out].map(([name, why]) => `${words.resources[name]} (${words.left_whys[why]})`);
      if (out.length) parts.push(element("p", filled(words.left_out, { names: out.join(", ") })));
      if (decision.missing.length) parts.push(element("p", filled(words.missing, { names: titles(decision.missing) })));
    }
    asked.replaceChildren(...parts);
    return choices.join(" ");
  };

  let waiting;
  // Said once the slider rests, and only the choice: all of it would be read aloud at each step.
  const soon = () => { tell(); clearTimeout(waiting); waiting = setTimeout(() => { said.textContent = answer(); }, 150); };
  form.addEventListener("input", soon);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => { event.preventDefault(); set(); soon(); });
  set();
  tell();
  answer();
  return { answerTo };
})();
