// The administrator's door and the link between two nodes, fed with requests and messages that are right, bent or noise.
// Rules: a request is answered by one line of JSON that says ok or a code, or its connection ends; nothing is an error
// that nobody expected; the server goes on answering. A link's message is read, or refused by a code.
import { runAlone } from './support/alone.mjs';
import { chanceOf } from './support/chance.mjs';

const dist = (path) => import(new URL(`../../packages/${path}`, import.meta.url).href);
const { KeyServer, serveAdministrator } = await dist('kms/dist/index.js');
const { encodeMessage, LinkReader } = await dist('kms/dist/cluster/link-message.js');
const { MemoryFileSystem } = await dist('simkit/dist/index.js');
const { NetworkError } = await dist('ports/dist/index.js');
const { SystemClock, SystemEntropy, SystemKeyPairs } = await dist('ports/dist/os/index.js');

export const name = 'administration';
export const share = 0.03;

/** Each action and the fields that it needs. */
const NEEDED = new Map([
  ...['show', 'activate', 'destroy', 'archive', 'recover'].map((verb) => [`key.${verb}`, ['id']]),
  ['key.revoke', ['id', 'reason', 'message']],
  ...['client.add', 'client.authority', 'follower.add'].map((action) => [action, ['name', 'certificate']]),
  ['client.password', ['name', 'record']],
  ...['client.revoke', 'follower.revoke'].map((action) => [action, ['name']]),
  ...['key.list', 'status', 'constructor', '__proto__', 'toString', ''].map((action) => [action, []]),
]);
const ACTIONS = [...NEEDED.keys()];
const FIELDS = [
  'id',
  'name',
  'reason',
  'message',
  'certificate',
  'record',
  'out',
  '__proto__',
  'constructor',
  'length',
];
const ODD = ['', 'a', '../../etc', 'a\u0000b', '\ud800', '__proto__', 'KeyCompromise', 'AAAA', '-', 'x'.repeat(5000)];
const VALUES = [...ODD, 0, -1, 1e308, null, true, [], {}, [[]], { toString: 1 }];

/** @returns {{ inputs, unhandled, cut, findings }} as scripts/harden.mjs wants it */
export async function run({ inputs, seed, say }) {
  const chance = chanceOf(seed);
  const findings = [];
  const outcomes = new Map();
  const count = (what) => outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
  const door = await openDoor((error) => findings.push(`the door met ${error.stack}`));
  try {
    for (let at = 0; at < inputs && findings.length <= 20; at++) {
      const before = findings.length;
      if (at % 3 === 0) await tryLink(chance, findings, count);
      else await tryDoor(door, chance, findings, count);
      for (let place = before; place < findings.length; place++) findings[place] += ` (seed ${seed}, input ${at})`;
    }
    const [answer] = await door.ask([lineOf({ action: 'status' })]);
    if (answer?.ok !== true) findings.push(`the server does not answer at the end: ${JSON.stringify(answer)}`);
  } finally {
    await door.close();
  }
  say(`administration: ${[...outcomes].map(([what, times]) => `${times} ${what}`).join(', ')}`);
  return { inputs, unhandled: 0, cut: 0, findings };
}

/** A key server in memory, and its administrator's door without a socket. */
async function openDoor(onFault) {
  const clock = new SystemClock();
  const parts = { clock, entropy: new SystemEntropy(), keyPairs: new SystemKeyPairs(clock), onFault };
  const server = await KeyServer.open({ folder: '/k', files: new MemoryFileSystem(), events: { emit() {} }, ...parts });
  let serve;
  const sockets = {
    listen: async (_path, onChannel) => {
      serve = onChannel;
      return { close: async () => {} };
    },
  };
  await serveAdministrator({ administrator: server.administrator, sockets, folder: '/k', clock, onFault });
  return {
    /** What comes back for pieces of bytes, line by line. */
    ask: async (pieces) => {
      const said = [];
      await serve(channelOf(pieces, said));
      const text = Buffer.concat(said).toString('utf8');
      return text === ''
        ? []
        : text
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line));
    },
    close: () => server.close(),
  };
}

/** A local channel that gives these pieces and then ends. */
function channelOf(pieces, said = []) {
  const left = [...pieces];
  return {
    read: async () => left.shift() ?? null,
    write: async (bytes) => void said.push(bytes.slice()),
    close: async () => {},
    abort: async () => {},
  };
}

const lineOf = (value) => new TextEncoder().encode(`${JSON.stringify(value)}\n`);

async function tryDoor(door, chance, findings, count) {
  const lines = Array.from({ length: 1 + chance.below(4) }, () => bent(lineOf(requestOf(chance)), chance));
  const whole = Buffer.concat(lines);
  try {
    for (const answer of await door.ask(inPieces(whole, chance))) {
      const isRight = answer.ok === true || (answer.ok === false && /^[A-Z_]+$/.test(answer.code));
      if (!isRight || answer.code === 'UNEXPECTED') findings.push(`the door answered ${JSON.stringify(answer)}`);
      count(answer.ok ? 'done' : 'refused');
    }
  } catch (error) {
    findings.push(`the door let ${error.stack} out`);
  }
}

function requestOf(chance) {
  const request = Object.create(null);
  request.action = chance.pick(ACTIONS);
  for (const field of NEEDED.get(request.action)) request[field] = chance.pick(ODD);
  const field = chance.sometimes(0.3, () => chance.pick(FIELDS));
  if (field !== undefined) request[field] = chance.pick(VALUES);
  return request;
}

async function tryLink(chance, findings, count) {
  const number = () => chance.pick([0, 1, 7, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER]);
  const made = encodeMessage(
    chance.pick([
      { type: 'Hello', lengthBytes: number(), chain: chance.bytes(32) },
      { type: 'Welcome', leader: chance.pick(['kms-1', '', 'ü'.repeat(100)]) },
      { type: 'Pull', lastWrite: number(), waitMs: chance.below(2 ** 31) },
      {
        type: 'Piece',
        replaces: chance.below(2) === 0,
        offsetBytes: number(),
        endBytes: number(),
        lastWrite: number(),
        bytes: chance.bytes(chance.below(300)),
      },
    ]),
  );
  const reader = new LinkReader(channelOf(inPieces(bent(made, chance), chance)));
  try {
    for (let message = await reader.next(); message !== null; message = await reader.next())
      count(`link ${message.type}`);
  } catch (error) {
    if (error.code === 'LINK_MALFORMED' || error instanceof NetworkError) count(`link ${error.code}`);
    else findings.push(`the link threw ${error.stack}`);
  }
}

/** As it is, with bytes changed, cut off, put in, or noise. */
function bent(bytes, chance) {
  const copy = bytes.slice();
  const at = chance.below(copy.length);
  switch (chance.below(6)) {
    case 0:
      copy[at] = chance.below(256);
      return copy;
    case 1:
      return copy.subarray(0, at);
    case 2:
      return Buffer.concat([copy.subarray(0, at), chance.bytes(chance.below(40)), copy.subarray(at)]);
    case 3:
      return chance.bytes(chance.below(200));
    default:
      return copy;
  }
}

function inPieces(bytes, chance) {
  const pieces = [];
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + 1 + chance.below(chance.pick([3, 100, 10_000])));
    pieces.push(Uint8Array.from(bytes.subarray(at, end)));
    at = end;
  }
  return pieces;
}

await runAlone(import.meta.url, { run });
