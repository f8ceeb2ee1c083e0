// Checks an audit pack offline, written apart from verify_export.py: nothing but Node's own modules.
//
//   node verify_export.mjs PACK [--key KEY] [--seen CHECKPOINT]... [--witness KEY]... [--json]
//
// Exit code 0: nothing is wrong; 1: something is, and it is named; 2: wrong usage.
import { createHash, createHmac, createPublicKey, verify } from "node:crypto";
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, readdirSync, statSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { createInflateRaw } from "node:zlib";

const SCHEMA = "qingliu/pack/1", ENDORSEMENT = "qingliu/key/1\n";
const HASH = 32, ENTRY = 16, COSIGNATURE = 4, MOST = 20;
const CODES = [
  "unreadable", "wrong-key", "record-inserted", "record-duplicate", "record-order", "tail-cut", "record-missing",
  "time-shifted", "record-edited", "content-edited", "rolled-back", "forked", "rewritten", "tree-broken",
  "leaves-edited", "index-edited", "table-edited", "file-edited", "file-missing", "file-added", "checkpoint-edited",
  "manifest-edited",
];

const sha = (...pieces) => { const hash = createHash("sha256"); for (const piece of pieces) hash.update(piece); return hash.digest(); };
const LEAF = Buffer.from([0]), NODE = Buffer.from([1]);
const inner = (left, right) => sha(NODE, left, right);
const same = (a, b) => Buffer.compare(a, b) === 0;
class Broken extends Error {}

// Where the files of a pack are: a folder, or an archive whose directory stands at its end.

function folder(path) {
  const walk = (at) => readdirSync(at, { withFileTypes: true })
    .flatMap((one) => (one.isDirectory() ? walk(join(at, one.name)) : [join(at, one.name)]));
  return {
    names: () => walk(path).map((one) => relative(path, one).split(sep).join("/")),
    async *blocks(name) {
      let file;
      try { file = openSync(join(path, name)); } catch { throw new Broken(name); }
      try {
        const block = Buffer.alloc(1 << 20);
        for (let read; (read = readSync(file, block)) > 0;) yield Buffer.from(block.subarray(0, read));
      } finally { closeSync(file); }
    },
  };
}

function archive(path) {
  const file = openSync(path);
  const at = (place, length) => {
    const block = Buffer.alloc(length);
    if (readSync(file, block, 0, length, place) !== length) throw new Broken("archive");
    return block;
  };
  const size = fstatSync(file).size;
  const tail = at(Math.max(0, size - 66_000), Math.min(size, 66_000));
  const end = tail.lastIndexOf(Buffer.from("PK\x05\x06"));
  if (end < 0) throw new Broken("archive");
  let number = tail.readUInt16LE(end + 10), length = tail.readUInt32LE(end + 12), start = tail.readUInt32LE(end + 16);
  if (number === 0xffff || length === 0xffffffff || start === 0xffffffff) {
    const locator = tail.lastIndexOf(Buffer.from("PK\x06\x07"), end);
    const big = at(Number(tail.readBigUInt64LE(locator + 8)), 56);
    [number, length, start] = [32, 40, 48].map((place) => Number(big.readBigUInt64LE(place)));
  }
  const directory = at(start, length), entries = [];
  for (let place = 0; place < directory.length && directory.readUInt32LE(place) === 0x02014b50;) {
    const [name, extra, comment] = [28, 30, 32].map((offset) => directory.readUInt16LE(place + offset));
    const entry = {
      name: directory.toString("utf8", place + 46, place + 46 + name), method: directory.readUInt16LE(place + 10),
      packed: directory.readUInt32LE(place + 20), whole: directory.readUInt32LE(place + 24), at: directory.readUInt32LE(place + 42),
    };
    let more = place + 46 + name;
    const upto = more + extra;
    while (more + 4 <= upto) {
      const [kind, wide] = [directory.readUInt16LE(more), directory.readUInt16LE(more + 2)];
      let field = more + 4;
      if (kind === 1) for (const one of ["whole", "packed", "at"]) {
        if (entry[one] === 0xffffffff) { entry[one] = Number(directory.readBigUInt64LE(field)); field += 8; }
      }
      more += 4 + wide;
    }
    entries.push(entry);
    place += 46 + name + extra + comment;
  }
  async function* packed(entry) {
    const head = at(entry.at, 30);
    let place = entry.at + 30 + head.readUInt16LE(26) + head.readUInt16LE(28), left = entry.packed;
    while (left > 0) { const part = Math.min(left, 1 << 20); yield at(place, part); place += part; left -= part; }
  }
  return {
    names: () => entries.filter((one) => !one.name.endsWith("/")).map((one) => one.name),
    async *blocks(name) {
      const entry = entries.findLast((one) => one.name === name);
      if (!entry) throw new Broken(name);
      if (entry.method === 0) { yield* packed(entry); return; }
      const inflate = createInflateRaw();
      (async () => {
        try {
          for await (const part of packed(entry)) if (!inflate.write(part)) await new Promise((go) => inflate.once("drain", go));
          inflate.end();
        } catch (error) { inflate.destroy(error); }
      })();
      yield* inflate;
    },
  };
}

async function whole(source, name) {
  const blocks = [];
  for await (const block of source.blocks(name)) blocks.push(block);
  return Buffer.concat(blocks);
}

async function* lines(source, name, digest) {
  let rest = null;
  for await (const block of source.blocks(name)) {
    digest?.update(block);
    const text = rest ? Buffer.concat([rest, block]) : block;
    let from = 0;
    for (let to; (to = text.indexOf(10, from)) >= 0; from = to + 1) yield text.subarray(from, to);
    rest = from < text.length ? text.subarray(from) : null;
  }
  if (rest) yield rest;
}

// Keys and notes

function keyOf(told) {
  const [name, claimed, ...encoded] = told.trim().split("+");
  const raw = Buffer.from(encoded.join("+"), "base64");
  const key = { name, kind: raw[0], bytes: raw.subarray(1) };
  key.id = sha(`${name}\n`, raw.subarray(0, 1), key.bytes).subarray(0, 4);
  if (raw.length !== 33 || key.id.toString("hex") !== claimed) throw new Error("key");
  key.object = createPublicKey({ key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key.bytes]), format: "der", type: "spki" });
  return key;
}

function noteOf(told) {
  const gap = told.lastIndexOf("\n\n");
  if (gap < 0) throw new Error("note");
  const signatures = told.slice(gap + 2).split("\n").filter(Boolean).map((line) => {
    const [, name, encoded] = /^— (\S+) (\S+)$/u.exec(line) ?? [];
    if (!name) throw new Error("note");
    const raw = Buffer.from(encoded, "base64");
    return { name, key: raw.subarray(0, 4), signed: raw.subarray(4) };
  });
  return { text: told.slice(0, gap + 1), signatures };
}

const named = (note, key) => note.signatures.filter((one) => one.name === key.name && same(one.key, key.id));

function verified(note, key) {
  return named(note, key).some(({ signed }) => {
    let said = note.text, signature = signed;
    if (key.kind === COSIGNATURE) {
      said = `cosignature/v1\ntime ${signed.readBigUInt64BE(0)}\n${note.text}`;
      signature = signed.subarray(8);
    }
    return verify(null, Buffer.from(said), key.object, signature);
  });
}

// The tree. Numbers stay below 2 ** 53, so powers of two are found by dividing, never by bits.

const below = (number) => { let wide = 1; while (wide * 2 <= number) wide *= 2; return wide; };
function* parts(first, end) {
  while (first < end) {
    let aligned = 1;
    if (first === 0) aligned = Infinity; else while (first % (aligned * 2) === 0) aligned *= 2;
    const wide = Math.min(aligned, below(end - first));
    yield [first, wide];
    first += wide;
  }
}

function rootOf(leaves, from, wide) {
  let level = leaves.subarray(from * HASH, (from + wide) * HASH);
  while (level.length > HASH) {
    const next = Buffer.alloc(level.length / 2);
    for (let place = 0; place < next.length; place += HASH) sha(NODE, level.subarray(place * 2, place * 2 + 2 * HASH)).copy(next, place);
    level = next;
  }
  return level;
}

function* pieces(leaves, start, first, end) {
  for (const [place, wide] of parts(first, end)) yield [wide, rootOf(leaves, place - start, wide)];
}

function rooted(subtrees) {
  const stack = [];
  for (let [wide, root] of subtrees) {
    while (stack.length && stack.at(-1)[0] === wide) { root = inner(stack.pop()[1], root); wide *= 2; }
    stack.push([wide, root]);
  }
  if (!stack.length) return sha("");
  return stack.reduceRight((right, [, left]) => (right ? inner(left, right) : left), null);
}

function consistent(old, oldRoot, now, nowRoot, proof) {
  if (old === 0 || old === now) return !proof.length && same(oldRoot, old ? nowRoot : sha(""));
  const path = below(old) === old ? [oldRoot, ...proof] : proof;
  if (old > now || !path.length) return false;
  let number = old - 1, last = now - 1;
  const up = () => { number = Math.floor(number / 2); last = Math.floor(last / 2); };
  while (number % 2) up();
  let [was, is] = [path[0], path[0]];
  for (const one of path.slice(1)) {
    if (last === 0) return false;
    if (number % 2 || number === last) {
      was = inner(one, was); is = inner(one, is);
      while (number % 2 === 0 && number) up();
    } else is = inner(is, one);
    up();
  }
  return last === 0 && same(was, oldRoot) && same(is, nowRoot);
}

// Records beside their index

function micros(body) {
  const told = /^\{"at":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z"/.exec(body.toString("latin1", 0, 40));
  const seconds = told ? Date.parse(`${told[1]}Z`) : NaN;
  return Number.isNaN(seconds) ? -1n : BigInt(seconds) * 1000n + BigInt(told[2]);
}

function walk(leaves, index, first) {
  const number = Math.floor(index.length / ENTRY);
  const seqAt = (place) => Number(index.readBigUInt64BE(place * ENTRY));
  const timeAt = (place) => index.readBigUInt64BE(place * ENTRY + 8);
  const skipped = new Set(), bad = new Map(), found = [];
  let place = 0;
  const differs = (at, body) => bad.set(at, micros(body) === timeAt(at) ? "record-edited" : "time-shifted");
  const fits = (seq, leaf) => same(leaves.subarray((seq - first) * HASH, (seq - first + 1) * HASH), leaf);
  const placeOf = (seq) => {
    let low = 0, high = number;
    while (low < high) { const middle = (low + high) >> 1; if (seqAt(middle) < seq) low = middle + 1; else high = middle; }
    return low < number && seqAt(low) === seq ? low : -1;
  };
  const KEY = Buffer.from(',"seq":');
  return {
    step(body) {
      const leaf = sha(LEAF, body), at = body.lastIndexOf(KEY);
      const digits = at < 0 ? "" : body.toString("latin1", at + 7, body.indexOf(44, at + 7));
      const seq = /^\d+$/.test(digits) ? Number(digits) : -1;
      if (place < number && seqAt(place) === seq) {
        if (!fits(seq, leaf)) differs(place, body);
        place += 1;
        return;
      }
      const found_ = placeOf(seq);
      if (found_ < 0) found.push(["record-inserted", `seq ${seq}`]);
      else if (found_ > place) {
        for (let each = place; each < found_; each += 1) skipped.add(each);
        place = found_ + 1;
        if (!fits(seq, leaf)) differs(found_, body);
      } else if (skipped.delete(found_)) found.push(["record-order", `seq ${seq}`]);
      else if (fits(seq, leaf) && bad.has(found_)) bad.set(found_, "record-inserted");
      else found.push([fits(seq, leaf) ? "record-duplicate" : "record-inserted", `seq ${seq}`]);
    },
    end() {
      for (let at = 1; at < number; at += 1) if (seqAt(at - 1) >= seqAt(at)) { found.push(["index-edited", "not in order"]); break; }
      for (const [at, code] of bad) found.push([code, `seq ${seqAt(at)}`]);
      if (place < number) found.push(["tail-cut", `${number - place} after seq ${place ? seqAt(place - 1) : "-"}`]);
      for (const at of [...skipped].sort((a, b) => a - b).slice(0, MOST)) found.push(["record-missing", `seq ${seqAt(at)}`]);
      return found;
    },
  };
}

// The whole check

async function check(path, { key, seen, witnesses }) {
  const found = [], unknown = new Set(), told = {};
  const say = (code, where = "") => { if (found.filter(([one]) => one === code).length < MOST) found.push([code, String(where)]); };
  const signed = (name, note, trusted, code) => {
    const known = trusted.filter((one) => named(note, one).length);
    if (!known.length) say("wrong-key", name);
    else if (!known.some((one) => verified(note, one))) say(code, name);
  };
  try {
    const source = statSync(path).isDirectory() ? folder(path) : archive(path);
    const raw = await whole(source, "manifest.json"), manifest = JSON.parse(raw.toString());
    const note = noteOf((await whole(source, "manifest.sig")).toString());
    if (!key) unknown.add("key-not-given");
    const trusted = [keyOf(key || manifest.keys.at(-1).key)];
    for (const { endorsement } of manifest.keys) {
      if (!endorsement) continue;
      const said = noteOf(endorsement);
      const [old, next] = said.text.replace(ENDORSEMENT, "").trim().split("\n").map(keyOf);
      const known = trusted.find((one) => one.name === old.name && same(one.id, old.id) && same(one.bytes, old.bytes));
      if (said.text.startsWith(ENDORSEMENT) && known && verified(said, known)) trusted.push(next);
    }
    signed("manifest.sig", note, trusted, "manifest-edited");
    const claim = Object.fromEntries(note.text.split("\n").slice(2).filter(Boolean).map((line) => line.split(" ")).map(([name, ...rest]) => [name, rest]));
    if (note.text.split("\n")[0] !== SCHEMA || sha(raw).toString("hex") !== claim.manifest[0]) say("manifest-edited", "manifest.json");
    const [first, end] = claim.range.map(Number), size = Number(claim.checkpoint[0]), root = Buffer.from(claim.checkpoint[1], "base64");

    const point = noteOf((await whole(source, "checkpoint")).toString());
    signed("checkpoint", point, trusted, "checkpoint-edited");
    const pointed = point.text.split("\n");
    if (Number(pointed[1]) !== size || !same(Buffer.from(pointed[2], "base64"), root)) say("checkpoint-edited", "checkpoint");
    let checked = 0;
    for (const witness of witnesses.map(keyOf)) if (verified(point, witness)) checked += 1; else say("wrong-key", `witness ${witness.name}`);
    if (!checked) unknown.add("no-witness");
    Object.assign(told, { records: Number(claim.records[0]), first, end, size, root: root.toString("hex") });

    const leaves = await whole(source, "leaves.bin"), index = await whole(source, "index.bin");
    if (sha(leaves).toString("hex") !== claim["leaves.bin"][0]) say("leaves-edited", "leaves.bin");
    if (sha(index).toString("hex") !== claim["index.bin"][0]) say("index-edited", "index.bin");

    const names = source.names(), listed = new Set(manifest.files.map((one) => one.name));
    for (const name of [...new Set(names)].sort()) {
      if (!listed.has(name) && name !== "manifest.json" && name !== "manifest.sig") say("file-added", name);
      if (names.filter((one) => one === name).length > 1) say("file-added", name);
    }
    for (const file of manifest.files) {
      const name = file.name;
      if (!names.includes(name)) { say("file-missing", name); continue; }
      const digest = createHash("sha256");
      if (name === "records.jsonl") {
        const walking = walk(leaves, index, first);
        for await (const line of lines(source, name, digest)) walking.step(line);
        const astray = walking.end();
        for (const [code, where] of astray) say(code, where);
        if (!astray.length && digest.digest("hex") !== claim[name][0]) say("record-edited", name);
      } else if (name !== "leaves.bin" && name !== "index.bin") {
        if (name === "contents.jsonl") {
          for await (const line of lines(source, name, digest)) {
            const content = JSON.parse(line.toString());
            if (content.salt === undefined) continue;
            const made = createHmac("sha256", Buffer.from(content.salt, "hex")).update(content.body).digest("hex");
            if (made !== content.commitment) say("content-edited", `${content.content} v${content.version}`);
          }
        } else for await (const block of source.blocks(name)) digest.update(block);
        if (digest.digest("hex") !== file.sha256) {
          say(name === "checkpoint" ? "checkpoint-edited" : name === "contents.jsonl" ? "content-edited" : name.startsWith("tables") ? "table-edited" : "file-edited", name);
        }
      }
    }

    const proof = manifest.proof.map((one) => Buffer.from(one, "base64"));
    const before = [...parts(0, first)], beside = [...before, ...parts(end, size)];
    if (leaves.length !== (end - first) * HASH || proof.length !== beside.length) say("tree-broken", leaves.length === (end - first) * HASH ? "proof" : "leaves");
    else {
      const left = before.map(([, wide], place) => [wide, proof[place]]);
      const right = beside.slice(before.length).map(([, wide], place) => [wide, proof[before.length + place]]);
      if (!same(rooted([...left, ...pieces(leaves, first, first, end), ...right]), root)) say("tree-broken", "root");
      const known = new Map();
      if (manifest.since) {
        const line = noteOf(manifest.since.checkpoint).text.split("\n"), path_ = manifest.since.proof.map((one) => Buffer.from(one, "base64"));
        known.set(Number(line[1]), path_);
        if (!consistent(Number(line[1]), Buffer.from(line[2], "base64"), size, root, path_)) say("rewritten", `since ${line[1]}`);
      }
      if (!seen.length) unknown.add("no-earlier-checkpoint");
      for (const text of seen) {
        const line = noteOf(text).text.split("\n"), old = Number(line[1]), oldRoot = Buffer.from(line[2], "base64");
        if (old > size) say("rolled-back", `${size} < ${old}`);
        else if (old === size) { if (!same(oldRoot, root)) say("forked", old); }
        else if (first <= old && old <= end) { if (!same(rooted([...left, ...pieces(leaves, first, first, old)]), oldRoot)) say("rewritten", `at ${old}`); }
        else if (known.has(old)) { if (!consistent(old, oldRoot, size, root, known.get(old))) say("rewritten", `at ${old}`); }
        else unknown.add("seen-not-connected");
      }
    }
    if (Object.keys(manifest.filters ?? {}).length || told.records < end - first) unknown.add("filtered");
  } catch (error) {
    say("unreadable", `${error.name}: ${error.message}`.slice(0, 200));
  }
  found.sort((a, b) => CODES.indexOf(a[0]) - CODES.indexOf(b[0]));
  return { found, unknown: [...unknown].sort(), told };
}

const given = { key: "", seen: [], witnesses: [], json: false }, paths = [];
for (let args = process.argv.slice(2); args.length;) {
  const one = args.shift();
  if (one === "--json") given.json = true;
  else if (one === "--key") { const told = args.shift() ?? ""; given.key = existsSync(told) ? readFileSync(told, "utf8") : told; }
  else if (one === "--seen") given.seen.push(readFileSync(args.shift(), "utf8"));
  else if (one === "--witness") given.witnesses.push(args.shift());
  else paths.push(one);
}
if (paths.length !== 1) {
  console.error(`usage: node ${basename(process.argv[1])} PACK [--key KEY] [--seen CHECKPOINT]... [--witness KEY]... [--json]`);
  process.exit(2);
}
const { found, unknown, told } = await check(paths[0], given);
if (given.json) console.log(JSON.stringify({ good: !found.length, group: found[0]?.[0] ?? "", found: found.map(([code, where]) => ({ code, where })), unknown, ...told }));
else {
  for (const [code, where] of found) console.log(`✗ ${code} (${where})`);
  for (const code of unknown) console.log(`? ${code}`);
  if (!found.length) console.log(`✓ ${told.records} 条记录完好 / records are whole; ${told.first}–${told.end} of ${told.size}, ${told.root}`);
}
process.exitCode = found.length ? 1 : 0;
