// The hostile crowd of slow-connections.mjs, in a process of its own:
//   node slow-connections-crowd.mjs PORT SILENT SLOW IDENTITY-FOLDER
// SILENT connections say nothing at all. Half of the SLOW ones send the beginning of a TLS handshake byte by byte; the
// other half prove who they are, as one registered client, and then send a KMIP request byte by byte. Whoever is dropped
// comes back. Prints once a second what became of them, as one line of JSON; ends when standard input does.
import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';

const [port, silent, slow] = process.argv.slice(2, 5).map(Number);
const place = process.argv[5];
const BYTE_EVERY_MS = 1000;
const BACK_AFTER_MS = 3000;
/** So that this is a crowd of slow ones and not a flood. */
const ARRIVALS_PER_SECOND = 250;

// A ClientHello of 512 bytes (RFC 8446 sections 4 and 5.1), of which the rest never comes in time.
const HELLO = Buffer.concat([Buffer.from('1603010200010001fc0303', 'hex'), Buffer.alloc(506, 7)]);
// A Request Message of 256 bytes: a Structure, tag 420078 (KMIP 1.1 section 9.1).
const REQUEST = Buffer.concat([Buffer.from('42007801000000f8', 'hex'), Buffer.alloc(248)]);

const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readFileSync(`${place}/${name}`));
const secureContext = tls.createSecureContext({ ca, cert, key });
const at = { host: '127.0.0.1', port };

const KINDS = {
  silent: { open: () => net.connect(at), says: null },
  hello: { open: () => net.connect(at), says: HELLO },
  request: { open: () => tls.connect({ ...at, secureContext }), says: REQUEST },
};
const counts = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, { open: 0, arrivals: 0, dropped: 0 }]));

function come(kind) {
  const count = counts[kind];
  const { open, says } = KINDS[kind];
  const socket = open();
  let drip;
  count.arrivals += 1;
  count.open += 1;
  socket.on('error', () => {});
  socket.resume();
  socket.once(kind === 'request' ? 'secureConnect' : 'connect', () => {
    if (says === null) return;
    let sent = 0;
    drip = setInterval(() => socket.write(says.subarray(sent, ++sent)), BYTE_EVERY_MS);
  });
  socket.once('end', () => socket.destroy());
  socket.once('close', () => {
    clearInterval(drip);
    count.open -= 1;
    count.dropped += 1;
    setTimeout(() => come(kind), BACK_AFTER_MS);
  });
}

const arrivals = [
  ...Array(silent).fill('silent'),
  ...Array(Math.ceil(slow / 2)).fill('hello'),
  ...Array(Math.floor(slow / 2)).fill('request'),
];
let next = 0;
const arriving = setInterval(() => {
  // Every kind from the beginning on: a stride that shares no factor with the length visits each place once.
  for (let i = 0; i < ARRIVALS_PER_SECOND / 50 && next < arrivals.length; i++, next++) {
    come(arrivals[(next * 7919) % arrivals.length]);
  }
  if (next >= arrivals.length) clearInterval(arriving);
}, 20);

setInterval(() => process.stdout.write(`${JSON.stringify({ here: next >= arrivals.length, ...counts })}\n`), 1000);
process.stdin.on('close', () => process.exit(0)).resume();
