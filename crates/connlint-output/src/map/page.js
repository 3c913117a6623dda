"use strict";
// Every text of the analysed project goes through `el` or `show` and becomes a text node. Nothing here parses markup.
(() => {
  const map = JSON.parse(document.getElementById("data").textContent);
  const { entry_points: entries, functions, calls, sites, pools, findings, notices } = map;
  const byId = (id) => document.getElementById(id);

  // Control characters that JSON had to escape are shown as escapes too.
  const show = (text) => String(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g,
    (c) => "\\u{" + c.charCodeAt(0).toString(16) + "}");

  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    for (const child of children.flat(Infinity)) {
      if (child !== null && child !== undefined && child !== false) {
        node.append(child instanceof Node ? child : document.createTextNode(show(child)));
      }
    }
    return node;
  }

  // Code between backticks.
  const prose = (text) => text.split("`").map((part, n) => (n % 2 ? el("code", null, part.trim()) : part));
  const count = (n, one, many) => `${n.toLocaleString("en")} ${n === 1 ? one : many || one + "s"}`;
  const where = (place) => (place.line ? `${place.path}:${place.line}:${place.column}` : place.path);
  const short = (path) => path.split("::").slice(-2).join("::");

  const OPENS = ["open-connection", "build-pool", "build-client", "throwaway-client", "leak", "detach"];
  const classOf = (effect) => OPENS.includes(effect) ? "open"
    : effect === "acquire" || effect === "begin" ? "acquire" : effect === "query" ? "query" : "other";
  const isHeld = (site) => site.holds.some((hold) => hold.waits.length || hold.acquires.length);
  const nameOf = (entry) => entry.route || functions[entry.function].path;

  // What each entry point does each time, by the number of expressions: one may acquire and begin.
  for (const entry of entries) {
    const places = { open: new Set(), acquire: new Set(), hold: new Set(), query: new Set(), other: new Set() };
    for (const reached of entry.reached.filter((one) => !one.shared)) {
      const site = sites[reached.site];
      places[classOf(site.effect)].add(where(site.place));
      if (isHeld(site)) places.hold.add(where(site.place));
    }
    entry.does = Object.fromEntries(Object.entries(places).map(([kind, found]) => [kind, found.size]));
  }
  const entriesOfSite = sites.map(() => []);
  entries.forEach((entry, index) => entry.reached.forEach((reached) => entriesOfSite[reached.site].push([index, reached])));

  const FILTERS = [
    ["finding", "is reported", (entry) => entry.findings.length > 0],
    ["open", "opens each time", (entry) => entry.does.open > 0],
    ["acquire", "acquires", (entry) => entry.does.acquire > 0],
    ["hold", "holds while it waits", (entry) => entry.does.hold > 0],
    ["query", "queries", (entry) => entry.does.query > 0],
  ];

  // ---- The list -------------------------------------------------------------------------------------------------

  const badge = (kind, text) => el("span", { class: `badge ${kind}` }, text);

  function reported(of) {
    const errors = of.findings.filter((f) => findings[f].level === "error").length;
    return [errors > 0 && badge("error", count(errors, "error")),
      of.findings.length > errors && badge("warning", count(of.findings.length - errors, "warning"))];
  }

  function badges(entry) {
    const { does } = entry;
    return el("span", { class: "badges" },
      reported(entry),
      does.open > 0 && badge("open", `opens ${does.open}`),
      does.acquire > 0 && badge("acquire", `acquires ${does.acquire}`),
      does.hold > 0 && badge("hold", `holds ${does.hold} while it waits`),
      does.query > 0 && badge("query", `queries ${does.query}`),
      entry.reached.length + entry.findings.length === 0 && badge("other", "no connection"));
  }

  // Entry points have their rows from the start; functions, expressions and findings while they match.
  const rows = [];
  const others = [];
  let matching = [];
  function row(hash, title, of, extra) {
    const link = el("a", { href: hash }, el("span", { class: "title" }, title), el("div", { class: "of mono" }, of), extra);
    return { hash, link, item: el("li", { role: "listitem" }, link) };
  }

  function buildList() {
    entries.forEach((entry, index) => {
      const of = functions[entry.function];
      const title = entry.route || of.path;
      const text = [title, of.path, entry.kind, entry.framework || "", where(of.place)].join(" ").toLowerCase();
      const kind = `${entry.kind} · ${entry.route ? of.path : where(of.place)}`;
      rows.push({ entry, text, ...row(`#e${index}`, title, kind, badges(entry)) });
    });
    byId("list").append(...rows.map((r) => r.item));
    const other = (hash, title, of, more) => others.push({ hash, title, of, text: [title, of, more].join(" ").toLowerCase() });
    findings.forEach((finding, index) => other(`#f${index}`, finding.headline, `${finding.lint} · ${where(finding.place)}`, ""));
    sites.forEach((site, index) => other(`#s${index}`, site.api, `${site.text} · ${where(site.place)}`, functions[site.function].path));
    functions.forEach((of, index) => other(`#d${index}`, of.path, `${of.kind} · ${where(of.place)}`, ""));
  }

  // As many matches of functions, expressions and findings are listed below the entry points.
  const MOST_OTHERS = 200;

  function filterList() {
    const words = byId("query").value.toLowerCase().split(/\s+/).filter(Boolean);
    const kinds = new Set([...byId("kinds").querySelectorAll("input:checked")].map((box) => box.value));
    const wanted = FILTERS.filter(([name]) => byId(`only-${name}`).checked).map(([, , test]) => test);
    let listed = 0;
    for (const r of rows) {
      const visible = words.every((word) => r.text.includes(word))
        && (kinds.size === 0 || kinds.has(r.entry.kind)) && wanted.every((test) => test(r.entry));
      listed += visible;
      if (r.item.hidden === visible) r.item.hidden = !visible;
    }
    matching.forEach((r) => r.item.remove());
    matching = [];
    if (words.length > 0 && wanted.length === 0 && kinds.size === 0) {
      const found = [];
      for (const other of others) {
        if (found.length === MOST_OTHERS) break;
        if (words.every((word) => other.text.includes(word))) found.push(other);
      }
      matching = found.map(({ hash, title, of }) => row(hash, prose(title), of, null));
      byId("list").append(...matching.map((r) => r.item));
    }
    byId("count").textContent = `${listed} of ${count(entries.length, "entry point")}`
      + (matching.length ? `, ${matching.length}${matching.length === MOST_OTHERS ? " or more" : ""} other matches` : "");
  }

  function buildFilters() {
    const kinds = [...new Set(entries.map((entry) => entry.kind))];
    byId("kinds").append(...kinds.map((kind) => el("label", null, el("input", { type: "checkbox", value: kind }), ` ${kind}`)));
    byId("kinds").hidden = kinds.length < 2;
    byId("effects").append(...FILTERS.map(([name, text]) =>
      el("label", null, el("input", { type: "checkbox", id: `only-${name}` }), ` ${text}`)));
    byId("search").addEventListener("input", filterList);
    byId("search").addEventListener("submit", (event) => event.preventDefault());
  }

  // ---- Parts of pages -------------------------------------------------------------------------------------------

  function excerpt(place) {
    if (!place.line) return null;
    const before = place.before || [], after = place.after || [];
    const line = (n, ...parts) => el("span", null, el("span", { class: "n" }, n), ...parts, "\n");
    const first = place.line - before.length;
    return el("pre", { tabindex: "0", "aria-label": where(place) },
      before.map((text, n) => line(first + n, text)),
      line(place.line, place.code[0], el("mark", null, place.code[1]), place.code[2]),
      after.map((text, n) => line(place.line + 1 + n, text)));
  }

  const at = (place) => el("span", { class: "mono dim" }, where(place));
  const entryLink = (index) => el("a", { href: `#e${index}` }, nameOf(entries[index]));
  const functionLink = (index) => el("a", { href: `#d${index}`, class: "mono" }, functions[index].path);
  const siteLink = (index) => el("a", { href: `#s${index}`, class: classOf(sites[index].effect) }, `${sites[index].text}: `,
    el("span", { class: "mono" }, sites[index].api));

  const poolLink = (index) => [el("a", { href: `#p${index}`, class: "mono" }, where(pools[index].place)), " ", reported(pools[index])];

  function shortened(items, most, build) {
    const list = el("ul", { class: "plain" }, items.slice(0, most).map((item) => el("li", null, build(item))));
    if (items.length <= most) return list;
    const more = el("button", { type: "button" }, `Show all ${items.length}`);
    more.addEventListener("click", () => {
      more.remove();
      list.append(...items.slice(most).map((item) => el("li", null, build(item))));
    });
    return [list, more];
  }

  function findingBlock(index, open) {
    const finding = findings[index];
    const remark = ({ text, place }) => el("li", null, prose(text), " ", at(place), open && excerpt(place));
    return el("div", { class: `finding ${finding.level}` },
      el("p", null, el("span", { class: `level ${finding.level}` }, finding.level), " ",
        el("a", { href: finding.url, rel: "noreferrer" }, finding.lint), ": ",
        open ? prose(finding.headline) : el("a", { href: `#f${index}` }, prose(finding.headline))),
      !open && el("p", null, at(finding.place)),
      open && [
        excerpt(finding.place),
        finding.label && el("p", null, prose(finding.label), " ", at(finding.place)),
        finding.steps.length > 0 && [el("h3", null, "Path"), el("ol", { class: "steps" }, finding.steps.map(remark))],
        finding.labels.length > 0 && [el("h3", null, "See also"), el("ul", null, finding.labels.map(remark))],
        el("h3", null, "What it does"), el("ul", null, finding.notes.map((note) => el("li", null, prose(note)))),
        finding.help.length > 0 && [el("h3", null, "What to do"), el("ul", null, finding.help.map((help) => el("li", null, prose(help))))],
      ]);
  }

  const often = (entry, reached) => {
    if (reached.shared) return `${reached.shared.text}${reached.shared.by ? ` (${reached.shared.by})` : ""}`;
    const per = reached.in_loop ? "every iteration" : `every ${entry.unit}`;
    return per + (reached.spawned ? ", in a task of its own" : "")
      + (reached.certainty === "high" ? "" : `, certainty ${reached.certainty}`);
  };

  function holdBlock(hold) {
    const name = hold.name ? ["the ", hold.what, " in ", el("code", null, hold.name)] : ["the ", hold.what];
    const item = (verb) => (wait) => el("li", null, verb, el("code", null, wait.api), " ", at(wait.place),
      where(wait.call) === where(wait.place) ? null : [", called at ", at(wait.call)], excerpt(wait.place));
    const nothing = hold.waits.length + hold.acquires.length === 0;
    return el("li", null, name, nothing ? " is held; nothing else is waited for meanwhile" : " is held meanwhile:",
      el("ul", null, hold.waits.map(item("waits for ")), hold.acquires.map(item("takes a second connection: "))));
  }

  // ---- Graphs: trees of paths -----------------------------------------------------------------------------------

  const COLUMN = 236, ROW = 50, WIDTH = 200, HEIGHT = 40, MOST_LEAVES = 150;
  const SVG = "http://www.w3.org/2000/svg";

  const leaf = (hash, label, of, kind, reported) => ({ hash, label, of, kind, reported, children: new Map() });
  const functionNode = (index) => leaf(`#d${index}`, functions[index].kind === "function" ? short(functions[index].path)
    : `${functions[index].kind} in ${short(functions[index].path)}`, where(functions[index].place), "", false);
  const siteNode = (index) => leaf(`#s${index}`, `${sites[index].text}`, short(sites[index].api),
    classOf(sites[index].effect), sites[index].findings.length > 0);
  const entryNode = (index) => leaf(`#e${index}`, nameOf(entries[index]), functions[entries[index].function].path, "entry",
    entries[index].findings.length > 0);

  function under(parent, key, make) {
    if (!parent.children.has(key)) parent.children.set(key, make());
    return parent.children.get(key);
  }

  // Rows by leaves, each parent in the middle of its children.
  function lay(root, flip) {
    const nodes = [], lines = [];
    let rowsUsed = 0, depth = 0;
    const visit = (node, column) => {
      depth = Math.max(depth, column);
      const children = [...node.children.values()].map((child) => visit(child, column + 1));
      const y = children.length ? (children[0].y + children[children.length - 1].y) / 2 : rowsUsed++ * ROW;
      const placed = { node, column, y };
      children.forEach((child) => lines.push([placed, child]));
      nodes.push(placed);
      return placed;
    };
    visit(root, 0);
    const x = (placed) => (flip ? depth - placed.column : placed.column) * COLUMN;
    return { nodes, lines, x, width: depth * COLUMN + WIDTH, height: rowsUsed * ROW };
  }

  function draw(root, flip, label) {
    const { nodes, lines, x, width, height } = lay(root, flip);
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    for (const [parent, child] of lines) {
      const [from, to] = flip ? [child, parent] : [parent, child];
      const [x1, y1, x2, y2] = [x(from) + WIDTH, from.y + HEIGHT / 2, x(to), to.y + HEIGHT / 2];
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", `M${x1} ${y1}C${x1 + 22} ${y1} ${x2 - 22} ${y2} ${x2} ${y2}`);
      svg.append(path);
    }
    // In reading order, which is the order of the keyboard.
    nodes.sort((a, b) => a.y - b.y || x(a) - x(b));
    const boxes = nodes.map((placed) => {
      const { node } = placed;
      const box = el("a", { href: node.hash, class: `node ${node.kind}${node.reported ? " reported" : ""}`, title: `${show(node.label)}\n${show(node.of)}` },
        el("span", { class: "label" }, node.label), el("span", { class: "of" }, node.of));
      box.style.left = `${x(placed)}px`;
      box.style.top = `${placed.y}px`;
      return box;
    });
    const sheet = el("div", { class: "sheet" }, svg, boxes);
    sheet.style.width = `${width}px`;
    sheet.style.height = `${height}px`;
    return el("div", { class: "graph", role: "group", "aria-label": label }, sheet);
  }

  function withLimit(all, build) {
    const holder = el("div");
    const render = (items) => {
      holder.replaceChildren(build(items));
      if (items.length < all.length) {
        const more = el("button", { type: "button" }, `Draw all ${all.length} paths`);
        more.addEventListener("click", () => render(all));
        holder.append(el("p", null, `${items.length} of ${all.length} paths are drawn. `, more));
      }
    };
    render(all.slice(0, MOST_LEAVES));
    return holder;
  }

  const RANK = ["open", "acquire", "query", "other"];
  const rank = (reached) => RANK.indexOf(classOf(sites[reached.site].effect)) + (reached.shared ? 4 : 0)
    - (sites[reached.site].findings.length ? 10 : 0);

  function graphOfEntry(index) {
    const most = entries[index].reached.slice().sort((a, b) => rank(a) - rank(b));
    return withLimit(most, (some) => {
      const root = entryNode(index);
      for (const { path, site } of some) {
        let at = root;
        for (const call of path) at = under(at, `c${calls[call].to}`, () => functionNode(calls[call].to));
        under(at, `s${site}`, () => siteNode(site));
      }
      return draw(root, false, "Paths from the entry point to what it does");
    });
  }

  function graphOfSite(index) {
    return withLimit(entriesOfSite[index], (some) => {
      const root = siteNode(index);
      for (const [entry, { path }] of some) {
        let at = root;
        for (const call of path.slice().reverse()) at = under(at, `c${calls[call].to}`, () => functionNode(calls[call].to));
        under(at, `e${entry}`, () => entryNode(entry));
      }
      return draw(root, true, "Paths from entry points to the expression");
    });
  }

  // ---- Pages ----------------------------------------------------------------------------------------------------

  function pathSteps(entry, reached) {
    const of = functions[entry.function], site = sites[reached.site];
    return el("ol", { class: "steps" },
      el("li", null, "enters ", functionLink(entry.function), " ", at(of.place)),
      reached.path.map((index) => {
        const call = calls[index];
        return el("li", null, prose(call.text), " ", at(call.place),
          call.shared && el("span", { class: "dim" }, `, ${call.shared.text}`),
          call.spawned && el("span", { class: "dim" }, ", in a task of its own"),
          call.repeated && el("span", { class: "dim" }, ", many times"), excerpt(call.place));
      }),
      el("li", null, siteLink(reached.site), " ", at(site.place)));
  }

  function entryPage(index) {
    const entry = entries[index], of = functions[entry.function];
    const facts = [entry.kind, entry.framework, entry.period_seconds ? `every ${count(entry.period_seconds, "second")}` : null];
    const groups = [["open", "Opens"], ["acquire", "Acquires"], ["query", "Queries"], ["other", "Also"]];
    const effects = (kind) => entry.reached.filter((reached) => classOf(sites[reached.site].effect) === kind);
    return [
      el("h2", null, nameOf(entry)),
      el("p", null, functionLink(entry.function), " ", at(of.place)),
      el("p", { class: "dim" }, facts.filter(Boolean).join(" · "), ` · registered at `, at(entry.registered_at),
        entry.certainty === "high" ? null : ` · certainty that this is one: ${entry.certainty}`),
      badges(entry),
      entry.findings.map((finding) => findingBlock(finding, false)),
      entry.reached.length > 0 && [el("h3", null, "Paths"), graphOfEntry(index)],
      entry.reached.length + entry.findings.length === 0 && el("p", null, "Reaches nothing that connlint knows to concern connections."),
      groups.map(([kind, title]) => effects(kind).length > 0 && [
        el("h3", null, title),
        el("table", null, el("tbody", null, effects(kind).map((reached) => el("tr", null,
          el("td", null, siteLink(reached.site)), el("td", null, often(entry, reached)), el("td", null, at(sites[reached.site].place)))))),
      ]),
    ];
  }

  function sitePage(index, of) {
    const site = sites[index], reaching = entriesOfSite[index];
    const shown = reaching.find(([entry]) => entry === of) || reaching[0];
    return [
      el("h2", { class: classOf(site.effect) }, site.text, ": ", el("span", { class: "mono" }, site.api)),
      el("p", null, "in ", functionLink(site.function), " ", at(site.place)),
      excerpt(site.place),
      site.findings.map((finding) => findingBlock(finding, false)),
      site.pools.length > 0 && el("p", null, site.pools.length === 1 ? "Takes from the pool built at " : "Takes from one of the pools built at ",
        site.pools.map((pool, n) => [n ? ", " : "", poolLink(pool)])),
      site.holds.length > 0 && [el("h3", null, "Held"), el("ul", null, site.holds.map(holdBlock))],
      shown && [el("h3", null, "Path from ", entryLink(shown[0])), pathSteps(entries[shown[0]], shown[1])],
      reaching.length > 0 && [
        el("h3", null, `Reached from ${count(reaching.length, "entry point")}`),
        graphOfSite(index),
        shortened(reaching, 50, ([entry, reached]) => [entryLink(entry), " ", el("span", { class: "dim" }, often(entries[entry], reached))]),
      ],
    ];
  }

  function functionPage(index) {
    const of = functions[index];
    const into = calls.filter((call) => call.to === index), out = calls.filter((call) => call.from === index);
    const here = sites.map((site, n) => [site, n]).filter(([site]) => site.function === index).map(([, n]) => n);
    const through = entries.map((entry, n) => [entry, n]).filter(([entry]) => entry.function === index
      || entry.reached.some((reached) => sites[reached.site].function === index || reached.path.some((call) => calls[call].to === index)));
    const link = (end) => (call) => [functionLink(call[end]), " ", at(call.place)];
    return [
      el("h2", { class: "mono" }, of.path),
      el("p", { class: "dim" }, `${of.kind} of `, el("code", null, of.crate), " ", at(of.place)),
      excerpt(of.place),
      here.length > 0 && [el("h3", null, "Does"), el("ul", { class: "plain" }, here.map((site) => el("li", null, siteLink(site), " ", at(sites[site].place))))],
      into.length > 0 && [el("h3", null, "Called on the way by"), shortened(into, 50, link("from"))],
      out.length > 0 && [el("h3", null, "Calls on the way"), shortened(out, 50, link("to"))],
      el("h3", null, `Runs for ${count(through.length, "entry point")}`),
      shortened(through, 100, ([, entry]) => entryLink(entry)),
    ];
  }

  const sitesOfPool = (pool) => sites.map((site, n) => [site, n]).filter(([site]) => site.pools.includes(pool)).map(([, n]) => n);
  const placesOf = (list) => new Set(list.map((site) => where(sites[site].place))).size;
  const entriesOfSites = (list) => [...new Set(list.flatMap((site) => entriesOfSite[site].map(([entry]) => entry)))];

  function poolPage(index) {
    const pool = pools[index], taking = sitesOfPool(index), reaching = entriesOfSites(taking);
    const holding = taking.filter((site) => isHeld(sites[site]));
    return [
      el("h2", null, "Pool ", el("span", { class: "mono" }, pool.type)),
      el("p", null, pool.function ? ["built in ", el("code", null, pool.function), " "] : "built ", at(pool.place)),
      excerpt(pool.place),
      el("p", null, pool.maximum === null ? "How many connections it opens at most is not known."
        : [`Opens at most ${pool.maximum}: `, pool.set_at ? ["set at ", at(pool.set_at)] : "the library's default"]),
      pool.findings.map((finding) => findingBlock(finding, false)),
      pool.repeated && el("p", { class: "acquire" }, "This place may run more than once: it has several callers, or is in a loop. Then there are several such pools in one process."),
      holding.length > 0 && [el("h3", null, "Held while something else is waited for"),
        shortened(holding, 50, (site) => [siteLink(site), " ", at(sites[site].place)])],
      el("h3", null, `Taken from at ${count(placesOf(taking), "place")}`),
      shortened(taking, 50, (site) => [siteLink(site), " ", at(sites[site].place), sites[site].pools.length > 1 ? el("span", { class: "dim" }, ` or another of ${sites[site].pools.length} pools`) : null]),
      el("h3", null, `By ${count(reaching.length, "entry point")}`),
      shortened(reaching, 100, entryLink),
    ];
  }

  // The reserve of PostgreSQL: superuser_reserved_connections.
  const sums = { instances: 1, server: 100, held: 5 };

  function capacity() {
    const result = el("div");
    const update = () => {
      const known = pools.filter((pool) => pool.maximum !== null).reduce((sum, pool) => sum + pool.maximum, 0);
      const unknown = pools.filter((pool) => pool.maximum === null).length;
      const repeated = pools.filter((pool) => pool.repeated).length;
      const opening = entries.filter((entry) => entry.does.open > 0).length;
      const total = known * sums.instances, rate = Math.floor(known * 1000 / sums.held);
      result.replaceChildren(...[
        el("p", { class: total > sums.server ? "open" : null }, `All pools of one process open at most ${known}; ${count(sums.instances, "instance")}: ${total} of ${sums.server}`,
          total > sums.server ? ". More than the server lets in." : "."),
        el("p", null, `Held ${sums.held} ms for each use, ${known} connections serve at most ${count(rate, "use")} per second per instance.`),
        unknown > 0 && el("p", null, `Not counted: ${count(unknown, "pool")} whose maximum is not known.`),
        repeated > 0 && el("p", null, `Counted once: ${count(repeated, "pool")} built at a place that may run more than once.`),
        opening > 0 && el("p", { class: "open" }, `Not counted, and without a bound: ${count(opening, "entry point")} that open${opening === 1 ? "s" : ""} something of their own each time.`),
      ].filter(Boolean));
    };
    const input = (key, text) => {
      const box = el("input", { type: "number", min: "1", value: String(sums[key]) });
      box.addEventListener("input", () => { sums[key] = Math.max(1, Number(box.value) || 1); update(); });
      return el("label", null, `${text} `, box);
    };
    update();
    return [el("div", { class: "sum" }, input("instances", "Instances"), input("server", "Server's max_connections"), input("held", "Milliseconds held")), result];
  }

  const poolRow = (pool, index) => {
    const taking = sitesOfPool(index);
    return el("tr", null,
      el("td", null, el("a", { href: `#p${index}`, class: "mono" }, pool.type), el("div", { class: "mono dim" }, where(pool.place), " ", reported(pool))),
      el("td", { class: "num" }, pool.maximum === null ? "?" : pool.maximum),
      el("td", null, pool.set_at ? where(pool.set_at) : pool.maximum === null ? "not known" : "library's default"),
      el("td", { class: "num" }, placesOf(taking)), el("td", { class: "num" }, entriesOfSites(taking).length),
      el("td", { class: "num" }, placesOf(taking.filter((site) => isHeld(sites[site])))));
  };

  const poolTable = () => el("table", null,
    el("thead", null, el("tr", null, ["Pool", "At most", "Set at", "Places", "Entry points", "Held while waiting"].map((text, n) =>
      el("th", { class: n === 0 || n === 2 ? null : "num", scope: "col" }, text)))),
    el("tbody", null, pools.map(poolRow)));

  const noticeList = (most) => notices.length > 0 && [el("h2", null, "Not analysed or not understood"), shortened(notices, most, (notice) =>
    [el("span", { class: "dim" }, notice.kind, ": "), notice.location ? [el("span", { class: "mono" }, where(notice.location)), " "] : null, notice.message])];

  function overviewPage() {
    const opening = entries.map((entry, n) => [entry, n]).filter(([entry]) => entry.does.open > 0);
    const of = (level) => findings.map((_, n) => n).filter((n) => (findings[n].level === "error") === level);
    const indices = [...of(true), ...of(false)];
    return [
      el("h2", null, `Reported: ${count(findings.length, "finding")}`),
      findings.length === 0 ? el("p", null, "No lint reports anything.")
        : shortened(indices, 30, (index) => findingBlock(index, false)),
      el("h2", null, `Pools: ${pools.length}`),
      pools.length > 0 ? [poolTable(), capacity()] : el("p", null, "No place that builds a pool was found."),
      opening.length > 0 && [el("h2", null, "Open something each time"), shortened(opening, 30, ([entry, n]) => [entryLink(n), " ", badges(entry)])],
      noticeList(15),
      el("h2", null, "Reading this page"),
      el("ul", null,
        el("li", null, el("span", { class: "open" }, "opens"), ": a connection, pool or client is made, or taken out of its pool for good"),
        el("li", null, el("span", { class: "acquire" }, "acquires"), ": a connection of a pool is taken, or a transaction begun"),
        el("li", null, el("span", { class: "hold" }, "holds while it waits"), ": something else is waited for, or a second connection taken, before it goes back"),
        el("li", null, "The numbers count expressions that run each time. What runs once, fills a cache or is a pool's own is listed with the reason."),
        el("li", null, el("kbd", null, "/"), " searches, ", el("kbd", null, "↑"), " and ", el("kbd", null, "↓"), " move in the list, ",
          el("kbd", null, "Enter"), " opens, ", el("kbd", null, "Esc"), " comes back here. The browser's Back goes back.")),
    ];
  }

  const PAGES = {
    e: [entries, entryPage], s: [sites, sitePage], d: [functions, functionPage], p: [pools, poolPage],
    f: [findings, (index) => [findingBlock(index, true),
      findings[index].entry_points.length > 0 && [el("h3", null, "Entry points"), shortened(findings[index].entry_points, 50, entryLink)],
      findings[index].sites.length > 0 && [el("h3", null, "Expressions"), shortened(findings[index].sites, 50, (site) => [siteLink(site), " ", at(sites[site].place)])],
      findings[index].pools.length > 0 && [el("h3", null, "Pools"), shortened(findings[index].pools, 50, poolLink)]]],
  };

  let current = null, lastEntry = null;
  function route() {
    const [, kind, number] = /^#([esdpf])(\d+)$/.exec(location.hash) || [];
    const [list, page] = PAGES[kind] || [[], null];
    const index = Number(number);
    if (kind === "e") lastEntry = index;
    const found = page && index < list.length;
    byId("detail").replaceChildren(...(found ? page(index, lastEntry) : overviewPage()).flat(Infinity).filter((part) => part instanceof Node));
    byId("detail").classList.toggle("overview", !found);
    byId("detail").scrollTop = 0;
    if (current) current.link.removeAttribute("aria-current");
    current = rows.concat(matching).find((r) => r.hash === location.hash) || null;
    if (current) {
      current.link.setAttribute("aria-current", "page");
      if (!current.item.hidden) current.item.scrollIntoView({ block: "nearest" });
    }
    document.title = `${show(map.project)}: ${found ? byId("detail").querySelector("h2, p").textContent : "connections"}`;
  }

  // ---- Keyboard and print ---------------------------------------------------------------------------------------

  function moveInList(down) {
    const visible = rows.filter((r) => !r.item.hidden).concat(matching);
    const at = visible.findIndex((r) => r.link === document.activeElement);
    const next = visible[at < 0 ? 0 : Math.min(Math.max(at + (down ? 1 : -1), 0), visible.length - 1)];
    if (next) next.link.focus();
  }

  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && !typing) {
      event.preventDefault();
      byId("query").focus();
      byId("query").select();
    } else if (event.key === "Escape") {
      if (typing && byId("query").value) { byId("query").value = ""; filterList(); } else location.hash = "";
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && event.target.closest("nav")
        && !(typing && event.target.type !== "search")) {
      event.preventDefault();
      moveInList(event.key === "ArrowDown");
    }
  });
  document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); byId("detail").focus(); });

  // On paper: all pools, findings and entry points, whatever is shown. It says all that the overview does.
  function printed() {
    return [
      el("h2", null, "Findings"), findings.map((_, index) => findingBlock(index, false)),
      el("h2", null, "Pools"), poolTable(), capacity(),
      el("h2", null, "Entry points"),
      el("ul", { class: "plain" }, entries.map((entry) => el("li", null,
        el("strong", null, nameOf(entry)), ` ${entry.kind} `, el("span", { class: "mono" }, functions[entry.function].path), " ", at(functions[entry.function].place),
        el("ul", null, entry.reached.map((reached) => el("li", { class: classOf(sites[reached.site].effect) },
          `${sites[reached.site].text}: ${sites[reached.site].api} `, at(sites[reached.site].place), ` ${often(entry, reached)}`)))))),
      noticeList(notices.length),
    ].flat(Infinity).filter((part) => part instanceof Node);
  }
  window.addEventListener("beforeprint", () => byId("print").replaceChildren(...printed()));
  window.addEventListener("afterprint", () => byId("print").replaceChildren());

  // ---- Start ----------------------------------------------------------------------------------------------------

  byId("project").textContent = show(map.project);
  byId("summary").textContent = [
    count(entries.length, "entry point"), `${entries.filter((entry) => entry.does.open > 0).length} open something each time`,
    count(pools.length, "pool"), count(findings.length, "finding"), `${count(map.files, "file")}, ${count(map.lines, "line")}`,
    `${map.tool.name} ${map.tool.version}`,
  ].join(" · ");
  buildFilters();
  buildList();
  filterList();
  window.addEventListener("hashchange", route);
  route();
})();
