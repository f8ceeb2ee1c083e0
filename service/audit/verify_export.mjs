// Checks an audit pack offline, written apart from verify_export.py: nothing but Node's own modules.
//
//   node verify_export.mjs PACK [--key KEY] [--seen CHECKPOINT]... [--witness KEY]... [--json]
//
// Exit code 0: nothing is wrong; 1: something is, and it is named; 2: wrong usage.
import { createHash, createHmac, createPublicKey, verify } from "node:crypto";
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, readdirSync, statSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { constants, createInflateRaw } from "node:zlib";

const SCHEMA = "qingliu/pack/1", ENDORSEMENT = "qingliu/key/1\n";
const HASH = 32, ENTRY = 16, COSIGNATURE = 4, MOST = 20;
// What may be wrong, the most telling first, and what cannot be known, in Chinese and English.
const CODES = {
  "unreadable": ["不是完整的审计包", "not a whole pack"],
  "wrong-key": ["不是由所信任的公钥签署", "not signed by a key that is trusted"],
  "record-inserted": ["多出的记录", "a record was inserted"],
  "record-duplicate": ["重复的记录", "a record stands twice"],
  "record-order": ["记录次序被调换", "records are out of order"],
  "tail-cut": ["末尾记录被截去", "the last records were cut off"],
  "record-missing": ["缺少记录", "records are missing"],
  "time-shifted": ["记录时间被改", "the time of a record was changed"],
  "record-edited": ["记录被改", "a record was edited"],
  "content-edited": ["内容被改", "a content was edited"],
  "rolled-back": ["日志小于此前见过的检查点：此包早于该检查点，或日志已被回退", "the log is smaller than one that was seen: the pack is older than that checkpoint, or the log was rolled back"],
  "forked": ["日志分叉：同一大小有两个根", "two logs of one size"],
  "rewritten": ["历史被改写：不是此前日志的延续", "the log does not go on from one that was seen"],
  "tree-broken": ["叶哈希不能得出检查点的根", "the leaves do not lead to the checkpoint's root"],
  "leaves-edited": ["叶哈希文件被改", "the file of leaf hashes was edited"],
  "index-edited": ["索引文件被改", "the index was edited"],
  "table-edited": ["表格文件被改", "a table was edited"],
  "file-edited": ["文件被改", "a file was edited"],
  "file-missing": ["缺少文件", "a file is missing"],
  "file-added": ["多出文件", "a file was added"],
  "checkpoint-edited": ["检查点被改", "the checkpoint was edited"],
  "manifest-edited": ["清单或其签名被改", "the manifest or its signature was edited"],
};
const UNKNOWN = {
  "key-not-given": ["未给出 --key：公钥取自包内，无法知道它是否属于导出方", "no --key: the key comes from the pack, and may be anybody's"],
  "no-earlier-checkpoint": ["未给出此前的检查点：由密钥持有者所为的回退、分叉或全部改写无从得知", "no earlier checkpoint: a rollback, fork or rewrite by the key's holder cannot be seen"],
  "seen-not-connected": ["此包不含到此前检查点的一致性证明", "the pack holds no proof from the checkpoint that was seen"],
  "no-witness": ["没有见证人的签名可核对", "no signature of a witness was checked"],
  "filtered": ["此包经筛选：未列入的记录只见其哈希", "the pack was filtered: of other records there are only hashes"],
};

const sha = (...pieces) => { const hash = createHash("sha256"); for (const piece of pieces) hash.update(piece); return hash.digest(); };
const LEAF = Buffer.from([0]), NODE = Buffer.from([1]);
const inner = (left, right) => sha(NODE, left, right);
const same = (a, b) => Buffer.compare(a, b) === 0;
class Broken extends Error {}
class Misused extends Error {}

// What files say: what both verifiers take for a number, for base64, for hexadecimal and for JSON.
function number(told) { if (typeof told !== "string" || !/^[0-9]{1,15}$/.test(told)) throw new Broken("number"); return Number(told); }
function base64(told) {
  if (typeof told !== "string" || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(told)) throw new Broken("base64");
  return Buffer.from(told, "base64");
}
function hexadecimal(told) { if (typeof told !== "string" || !/^(?:[0-9a-fA-F]{2})*$/.test(told)) throw new Broken("digits"); return Buffer.from(told, "hex"); }
const there = (one) => (one !== null && typeof one === "object" ? Object.keys(one).length > 0 : Boolean(one));
const plain = (told) => [...told.replace(/[\p{C}\p{Z}]/gu, (one) => (one === " " ? one : "?"))].slice(0, 200).join("");
const words = (raw) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
function object(told) {
  if (told === null || typeof told !== "object" || Array.isArray(told)) throw new Broken("object");
  return told;
}
const objectIn = (raw) => object(JSON.parse(words(raw)));

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

const CRC = Int32Array.from({ length: 256 }, (_, byte) => { for (let bit = 0; bit < 8; bit += 1) byte = (byte >>> 1) ^ (byte & 1 && 0xedb88320); return byte; });

function archive(path) {
  const file = openSync(path);
  const at = (place, length) => {
    const block = Buffer.alloc(length);
    if (readSync(file, block, 0, length, place) !== length) throw new Broken("archive");
    return block;
  };
  // The end has one form for all verifiers: no comment, and the directory right before it.
  const size = fstatSync(file).size, end = at(size - 22, 22), signed = (block, mark) => block.toString("latin1", 0, 4) === mark;
  let length = end.readUInt32LE(12), start = end.readUInt32LE(16), stop = size - 22;
  if (!signed(end, "PK\x05\x06") || end.readUInt16LE(20)) throw new Broken("archive");
  const locator = size < 42 ? Buffer.alloc(20) : at(size - 42, 20);
  if (signed(locator, "PK\x06\x07")) {
    stop = size - 98;
    const big = at(stop, 56), [from, disks] = [locator.readBigUInt64LE(8), locator.readUInt32LE(16)];
    if (!signed(big, "PK\x06\x06") || big.readBigUInt64LE(4) !== 44n || locator.readUInt32LE(4) || from !== BigInt(stop) || disks !== 1) throw new Broken("archive");
    [length, start] = [40, 48].map((place) => Number(big.readBigUInt64LE(place)));
  }
  if (start + length !== stop) throw new Broken("archive");
  const directory = at(start, length), entries = [];
  for (let place = 0; place < directory.length;) {
    if (directory.readUInt32LE(place) !== 0x02014b50) throw new Broken("archive");
    const [name, extra, comment] = [28, 30, 32].map((offset) => directory.readUInt16LE(place + offset));
    if (directory[place + 6] > 63) throw new Broken("version");
    const raw = directory.subarray(place + 46, place + 46 + name), flags = directory.readUInt16LE(place + 8);
    const entry = {
      name: (flags & 0x800 ? words(raw) : raw.toString("latin1")).split("\0")[0].replace(/[^\0-\x7f]/gu, "?"), raw,
      method: directory.readUInt16LE(place + 10),
      locked: flags & 0x61, crc: directory.readUInt32LE(place + 16),
      packed: directory.readUInt32LE(place + 20), whole: directory.readUInt32LE(place + 24), at: directory.readUInt32LE(place + 42),
    };
    let more = place + 46 + name;
    const upto = Math.min(more + extra, directory.length);
    while (more + 4 <= upto) {
      const [kind, wide] = [directory.readUInt16LE(more), directory.readUInt16LE(more + 2)];
      if (more + 4 + wide > upto) throw new Broken("extra");
      const told = directory.subarray(more + 4, more + 4 + wide);
      let field = 0;
      if (kind === 1) for (const one of ["whole", "packed", "at"]) {
        if (entry[one] === 0xffffffff) { entry[one] = Number(told.readBigUInt64LE(field)); field += 8; }
      }
      more += 4 + wide;
    }
    entries.push(entry);
    place += 46 + name + extra + comment;
  }
  async function* packed(entry) {
    const head = at(entry.at, 30);
    if (head.readUInt32LE(0) !== 0x04034b50 || !same(at(entry.at + 30, head.readUInt16LE(26)), entry.raw)) throw new Broken(entry.name);
    let place = entry.at + 30 + head.readUInt16LE(26) + head.readUInt16LE(28), left = entry.packed;
    const after = [start, ...entries.map((one) => one.at)].filter((one) => one > entry.at);
    if (!after.length || place + left > after.reduce((a, b) => Math.min(a, b))) throw new Broken(entry.name);
    while (left > 0) { const part = Math.min(left, 1 << 20); yield at(place, part); place += part; left -= part; }
  }
  return {
    names: () => entries.filter((one) => !one.name.endsWith("/")).map((one) => one.name),
    async *blocks(name) {
      const entry = entries.findLast((one) => one.name === name);
      if (!entry) throw new Broken(name);
      if (entry.locked || ![0, 8].includes(entry.method) || entry.raw.some((byte) => byte > 127)) throw new Broken(name);
      yield* fitting(entry, entry.method ? inflated(entry) : packed(entry));
    },
  };
  async function* inflated(entry) {
    const inflate = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH }); // what is short is found by its size
    (async () => {
      try {
        for await (const part of packed(entry)) if (!inflate.write(part)) await new Promise((go) => inflate.once("drain", go));
        inflate.end();
      } catch (error) { inflate.destroy(error); }
    })();
    yield* inflate;
  }
  async function* fitting(entry, blocks) {
    let sum = 0xffffffff, size = 0;
    for await (const block of blocks) {
      for (const byte of block) sum = (sum >>> 8) ^ CRC[(sum ^ byte) & 0xff];
      size += block.length;
      if (size > entry.whole) throw new Broken(entry.name);
      yield block;
    }
    if (size !== entry.whole || (~sum >>> 0) !== entry.crc) throw new Broken(entry.name);
  }
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
  const raw = base64(encoded.join("+"));
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
    const [, name, encoded, ...more] = line.split(" ");
    if (encoded === undefined || more.length) throw new Error("note");
    const raw = base64(encoded);
    return { name, key: raw.subarray(0, 4), signed: raw.subarray(4) };
  });
  return { text: told.slice(0, gap + 1), signatures };
}

function pointOf(text) {
  const [, size, root] = text.split("\n");
  return [number(size), base64(root)];
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

// What a record's facts or a line of contents name: nothing, unless all of it makes sense.
function naming({ version, content, commitment }, seq) {
  const sound = [seq, version].every((one) => typeof one === "number" && Math.abs(one) < 1e15);
  return sound && [content, commitment].every((one) => typeof one === "string") ? JSON.stringify([seq, version, content, commitment]) : "";
}

function walk(leaves, index, first, contents) {
  const number = Math.floor(index.length / ENTRY);
  const seqAt = (place) => Number(index.readBigUInt64BE(place * ENTRY));
  const timeAt = (place) => index.readBigUInt64BE(place * ENTRY + 8);
  const skipped = new Set(), bad = new Map(), found = [];
  let place = 0;
  const COMMITMENT = Buffer.from('"commitment":');
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
      const seq = /^[0-9]{1,15}$/.test(digits) ? Number(digits) : -1;
      if (contents && fits(seq, leaf) && body.includes(COMMITMENT)) contents.add(naming(object(objectIn(body).facts), seq));
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
      for (const [at, code] of bad) found.push([code, `seq ${index.readBigUInt64BE(at * ENTRY)}`]);
      if (place < number) found.push(["tail-cut", `${number - place} after seq ${place ? seqAt(place - 1) : "-"}`]);
      for (const at of [...skipped].sort((a, b) => a - b).slice(0, MOST)) found.push(["record-missing", `seq ${index.readBigUInt64BE(at * ENTRY)}`]);
      return found;
    },
  };
}

// The whole check

async function check(path, { key, seen, witnesses }) {
  const found = [], unknown = new Set(), told = {};
  let last = basename(path);
  const say = (code, where = "") => { if (found.filter(([one]) => one === code).length < MOST) found.push([code, plain(String(where))]); };
  const signed = (name, note, trusted, code) => {
    const known = trusted.filter((one) => named(note, one).length);
    if (!known.length) say("wrong-key", name);
    else if (!known.some((one) => verified(note, one))) say(code, name);
  };
  try {
    const files = statSync(path).isDirectory() ? folder(path) : archive(path);
    const source = { names: files.names, blocks: (name) => { last = name; return files.blocks(name); } };
    const raw = await whole(source, "manifest.json"), manifest = objectIn(raw);
    const note = noteOf(words(await whole(source, "manifest.sig")));
    if (!key) unknown.add("key-not-given");
    const trusted = [keyOf(key || manifest.keys.at(-1).key)];
    for (const { endorsement } of manifest.keys) {
      if (endorsement === "") continue;
      if (typeof endorsement !== "string") throw new Broken("endorsement");
      const said = noteOf(endorsement);
      const [old, next] = said.text.replace(ENDORSEMENT, "").trim().split("\n").map(keyOf);
      const known = trusted.find((one) => one.name === old.name && same(one.id, old.id) && same(one.bytes, old.bytes));
      if (said.text.startsWith(ENDORSEMENT) && known && verified(said, known)) trusted.push(next);
    }
    signed("manifest.sig", note, trusted, "manifest-edited");
    const claim = Object.fromEntries(note.text.split("\n").slice(2).map((line) => line.split(" ")).map(([name, ...rest]) => [name, rest]));
    if (note.text.split("\n")[0] !== SCHEMA || sha(raw).toString("hex") !== claim.manifest[0]) say("manifest-edited", "manifest.json");
    const [first, end, ...rest] = claim.range.map(number), size = number(claim.checkpoint[0]), records = number(claim.records[0]);
    const root = base64(claim.checkpoint[1]);
    if (rest.length || !(first <= end && end <= size)) throw new Broken("range");

    const point = noteOf(words(await whole(source, "checkpoint")));
    signed("checkpoint", point, trusted, "checkpoint-edited");
    const [pointed, pointedRoot] = pointOf(point.text);
    if (pointed !== size || !same(pointedRoot, root)) say("checkpoint-edited", "checkpoint");
    let checked = 0;
    for (const witness of witnesses.map(keyOf)) if (verified(point, witness)) checked += 1; else say("wrong-key", `witness ${witness.name}`);
    if (!checked) unknown.add("no-witness");
    Object.assign(told, { records, first, end, size, root: root.toString("hex") });

    const leaves = await whole(source, "leaves.bin"), index = await whole(source, "index.bin");
    if (sha(leaves).toString("hex") !== claim["leaves.bin"][0]) say("leaves-edited", "leaves.bin");
    if (sha(index).toString("hex") !== claim["index.bin"][0]) say("index-edited", "index.bin");
    if (index.length !== records * ENTRY) say("index-edited", "records");

    const names = source.names(), listed = new Map(manifest.files.map((one) => [one.name, one]));
    if (!manifest.files.every((one) => typeof one.name === "string" && typeof one.sha256 === "string")) throw new Broken("files");
    for (const name of [...new Set(names)].sort()) {
      const known = listed.has(name) || name === "manifest.json" || name === "manifest.sig";
      if (!known || names.filter((one) => one === name).length > 1) say("file-added", name);
    }
    const contents = new Set(), later = ([name]) => Number(name === "contents.jsonl"); // after the records
    for (const [name, file] of [...listed].sort((a, b) => later(a) - later(b))) {
      if (!names.includes(name)) { say("file-missing", name); continue; }
      const digest = createHash("sha256");
      if (name === "records.jsonl") {
        const walking = walk(leaves, index, first, listed.has("contents.jsonl") && contents);
        for await (const line of lines(source, name, digest)) walking.step(line);
        const astray = walking.end();
        for (const [code, where] of astray) say(code, where);
        if (!astray.length && digest.digest("hex") !== claim[name][0]) say("record-edited", name);
      } else if (name !== "leaves.bin" && name !== "index.bin") {
        if (name === "contents.jsonl") {
          let place = 0;
          for await (const line of lines(source, name, digest)) {
            const { salt, body, ...content } = objectIn(line), known = contents.delete(naming(content, content.seq) || null);
            let made = content.commitment;
            if (salt !== undefined || body !== undefined) {
              if (!body.isWellFormed()) throw new Broken(name);
              made = createHmac("sha256", hexadecimal(salt)).update(body).digest("hex");
            }
            place += 1;
            if (!known || made !== content.commitment) say("content-edited", `${name}:${place}`);
          }
        } else for await (const block of source.blocks(name)) digest.update(block);
        if (digest.digest("hex") !== file.sha256) {
          say(name === "checkpoint" ? "checkpoint-edited" : name === "contents.jsonl" ? "content-edited" : name.startsWith("tables") ? "table-edited" : "file-edited", name);
        }
      }
    }

    const proof = manifest.proof.map(base64);
    const before = [...parts(0, first)], beside = [...before, ...parts(end, size)];
    if (leaves.length !== (end - first) * HASH || proof.length !== beside.length) say("tree-broken", leaves.length === (end - first) * HASH ? "proof" : "leaves");
    else {
      const left = before.map(([, wide], place) => [wide, proof[place]]);
      const right = beside.slice(before.length).map(([, wide], place) => [wide, proof[before.length + place]]);
      if (!same(rooted([...left, ...pieces(leaves, first, first, end), ...right]), root)) say("tree-broken", "root");
      const known = new Map();
      if (there(manifest.since)) {
        const [old, oldRoot] = pointOf(noteOf(manifest.since.checkpoint).text);
        known.set(old, manifest.since.proof.map(base64));
        if (!consistent(old, oldRoot, size, root, known.get(old))) say("rewritten", `since ${old}`);
      }
      if (!seen.length) unknown.add("no-earlier-checkpoint");
      for (const text of seen) {
        const [old, oldRoot] = pointOf(noteOf(text).text);
        if (old > size) say("rolled-back", `${size} < ${old}`);
        else if (old === size) { if (!same(oldRoot, root)) say("forked", old); }
        else if (first <= old && old <= end) { if (!same(rooted([...left, ...pieces(leaves, first, first, old)]), oldRoot)) say("rewritten", `at ${old}`); }
        else if (known.has(old)) { if (!consistent(old, oldRoot, size, root, known.get(old))) say("rewritten", `at ${old}`); }
        else unknown.add("seen-not-connected");
      }
    }
    if (there(manifest.filters) || records < end - first) unknown.add("filtered");
  } catch { // what breaks the check, damage or malice, leaves the file in hand unreadable
    say("unreadable", last);
  }
  const order = Object.keys(CODES);
  found.sort((a, b) => order.indexOf(a[0]) - order.indexOf(b[0]));
  return { found, unknown: [...unknown].sort(), told };
}

// What was asked for

function keyAt(told) {
  try {
    const text = existsSync(told) && statSync(told).isFile() ? words(readFileSync(told)) : told;
    keyOf(text);
    return text;
  } catch { throw new Misused(`应为公钥（形如 名称+十六进制+base64）或其文件 / a key (name+hex+base64), or a file that holds it: ${told}`); }
}

function checkpointAt(told) {
  try {
    const text = words(readFileSync(told));
    pointOf(noteOf(text).text);
    return text;
  } catch { throw new Misused(`应为检查点文件 / a file that holds a checkpoint: ${told}`); }
}

function asked(args) {
  const given = { key: "", seen: [], witnesses: [], json: false }, paths = [];
  const valued = { "--key": (told) => { given.key = keyAt(told); }, "--seen": (told) => given.seen.push(checkpointAt(told)), "--witness": (told) => given.witnesses.push(keyAt(told)) };
  while (args.length) {
    const one = args.shift();
    if (one === "--json") given.json = true;
    else if (one in valued) {
      if (!args.length) throw new Misused(`${one} 须有值 / ${one} needs a value`);
      try { valued[one](args.shift()); } catch (error) { throw new Misused(`${one}: ${error.message}`); }
    } else if (one.startsWith("--")) throw new Misused(`没有这个选项 / there is no such option: ${one}`);
    else paths.push(one);
  }
  if (paths.length !== 1) throw new Misused("应给出一个审计包 / one pack is to be given");
  if (!existsSync(paths[0])) throw new Misused(`没有这个审计包 / there is no such pack: ${paths[0]}`);
  return { ...given, path: paths[0] };
}

let given;
try { given = asked(process.argv.slice(2)); } catch (error) {
  if (!(error instanceof Misused)) throw error;
  console.error(`usage: node ${basename(process.argv[1])} PACK [--key KEY] [--seen CHECKPOINT]... [--witness KEY]... [--json]\n${error.message}`);
  process.exit(2);
}
const { found, unknown, told } = await check(given.path, given);
if (given.json) console.log(JSON.stringify({ good: !found.length, group: found[0]?.[0] ?? "", found: found.map(([code, where]) => ({ code, where })), unknown, ...told }));
else {
  for (const [code, where] of found) console.log(`✗ ${code}: ${CODES[code].join(" / ")} (${where})`);
  for (const code of unknown) console.log(`? ${code}: ${UNKNOWN[code].join(" / ")}`);
  if (!found.length) console.log(`✓ ${told.records} 条记录完好 / records are whole; ${told.first}–${told.end} of ${told.size}, ${told.root}`);
}
process.exitCode = found.length ? 1 : 0;
