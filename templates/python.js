// What the functions that were translated from Python call: its built-in functions, as far as they are used.
"use strict";
const py = (() => {
  class Slice { constructor(from, to) { this.from = from ?? 0; this.to = to ?? undefined; } }
  class Named { constructor(given) { Object.assign(this, given); } }
  const iter = (it) => (Array.isArray(it) ? it : it instanceof Map ? [...it.keys()] : [...it]);
  const t = (it) => !(it === null || it === undefined || it === false || it === 0 || it === "" || (Array.isArray(it) && !it.length) || ((it instanceof Map || it instanceof Set) && !it.size));
  const eq = (a, b) => a === b || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((it, at) => eq(it, b[at])));
  const less = (a, b) => {
    if (!Array.isArray(a)) return a < b;
    for (let at = 0; at < a.length; at += 1) if (!eq(a[at], b[at])) return less(a[at], b[at]);
    return false;
  };
  const options = (given) => (given.at(-1) instanceof Named ? given.pop() : {});
  const extreme = (given, before) => {
    const { key = (it) => it, default: none } = options(given);
    const among = given.length === 1 ? iter(given[0]) : given;
    return among.length ? among.reduce((best, it) => (before(key(it), key(best)) ? it : best)) : none;
  };

  // Shewchuk (1997), as Python's math.fsum: what is lost in one sum is kept and added in the end.
  const fsum = (values) => {
    let partials = [];
    for (let x of iter(values)) {
      const kept = [];
      for (let y of partials) {
        if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
        const high = x + y, low = y - (high - x);
        if (low) kept.push(low);
        x = high;
      }
      partials = [...kept, x];
    }
    return partials.reduceRight((sum, it) => sum + it, 0);
  };

  const logGamma = (x) => {
    const terms = [676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7];
    const sum = terms.reduce((so, term, at) => so + term / (x + at), 0.99999999999980993);
    const base = x + 6.5;
    return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(base) - base + Math.log(sum);
  };
  // The incomplete beta function's continued fraction (Lentz).
  const beta = (x, a, b) => {
    if (x > (a + 1) / (a + b + 2)) return 1 - beta(1 - x, b, a);
    const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x)) / a;
    let c = 1, d = 1 / (1 - ((a + b) * x) / (a + 1)), f = d;
    for (let m = 1; m < 500; m += 1) {
      for (const step of [(m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)), (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))]) {
        d = 1 / (1 + step * d);
        c = 1 + step / c;
        f *= c * d;
      }
      if (Math.abs(c * d - 1) < 1e-15) break;
    }
    return front * f;
  };
  const found = new Map();
  // Student's quantile, p above a half, by halving: half the time of the page is not spent here, since few are asked.
  const stdtrit = (freedom, p) => {
    const key = `${freedom} ${p}`;
    if (!found.has(key)) {
      let low = 0, high = 1;
      const above = (x) => beta(freedom / (freedom + x * x), freedom / 2, 0.5) / 2 > 1 - p;
      while (above(high)) high *= 2;
      for (let step = 0; step < 70; step += 1) {
        const middle = (low + high) / 2;
        if (above(middle)) low = middle; else high = middle;
      }
      found.set(key, (low + high) / 2);
    }
    return found.get(key);
  };

  const named = (definition, parameters) => { definition.parameters = parameters; };
  const made = (definition, given) => (definition.isClass ? new definition(...given) : definition(...given));
  return {
    Slice, iter, t, eq, named,
    class_: (definition, fields) => { definition.parameters = fields; definition.isClass = true; },
    call: (definition, given, extra) => {
      if (!definition.parameters) return definition(...given, new Named(extra));
      const all = definition.parameters.map((name, at) => (at < given.length ? given[at] : extra[name]));
      return made(definition, all);
    },
    and: (...values) => { let it; for (const value of values) { it = value(); if (!t(it)) break; } return it; },
    or: (...values) => { let it; for (const value of values) { it = value(); if (t(it)) break; } return it; },
    add: (a, b) => (Array.isArray(a) ? [...a, ...b] : a.__add__ ? a.__add__(b) : a + b),
    times: (a, b) => (Array.isArray(a) ? Array.from({ length: b }, () => a).flat() : a * b),
    at: (it, key) => {
      if (it instanceof Map) {
        if (!it.has(key)) throw new Error(`no ${key}`);
        return it.get(key);
      }
      return key instanceof Slice ? it.slice(key.from, key.to) : it.at(key);
    },
    put: (it, key, value) => { if (it instanceof Map) it.set(key, value); else it[key] = value; },
    has: (it, key) => (it instanceof Map || it instanceof Set ? it.has(key) : iter(it).some((each) => eq(each, key))),
    get: (it, key, none = null) => (it.has(key) ? it.get(key) : none),
    items: (it) => [...it.entries()],
    values: (it) => [...it.values()],
    setdefault: (it, key, value) => { if (!it.has(key)) it.set(key, value); return it.get(key); },
    append: (it, value) => { it.push(value); },
    replace: (it, { ...changes }) => Object.assign(Object.create(Object.getPrototypeOf(it)), it, changes),
    abs: Math.abs, bool: t, float: (it) => (it === "inf" ? Infinity : it === "-inf" ? -Infinity : Number(it)),
    all: (it) => iter(it).every(t), any: (it) => iter(it).some(t),
    len: (it) => it.length ?? it.size, sum: (it) => iter(it).reduce((so, each) => so + each, 0),
    list: (it) => [...iter(it)], tuple: (it) => [...iter(it)], set: (it) => new Set(iter(it)), dict: (it) => new Map(it),
    map: (each, it) => iter(it).map((value) => each(value)), next: (it, none) => (it.length ? it[0] : none),
    range: (...ends) => {
      const [from, to, step = 1] = ends.length === 1 ? [0, ends[0]] : ends;
      return Array.from({ length: Math.max(Math.ceil((to - from) / step), 0) }, (_, at) => from + at * step);
    },
    zip: (...given) => {
      options(given);
      const all = given.map(iter);
      return all.length ? all[0].map((_, at) => all.map((it) => it[at])) : [];
    },
    sorted: (it, given = {}) => {
      const key = given.key ?? ((each) => each);
      return [...iter(it)].sort((a, b) => (less(key(a), key(b)) ? -1 : less(key(b), key(a)) ? 1 : 0));
    },
    max: (...given) => extreme(given, (a, b) => less(b, a)), min: (...given) => extreme(given, less),
    math: { inf: Infinity, sqrt: Math.sqrt, floor: Math.floor, isfinite: Number.isFinite, fsum },
    statistics: { fmean: (it) => fsum(it) / iter(it).length },
    special: { stdtrit },
  };
})();
