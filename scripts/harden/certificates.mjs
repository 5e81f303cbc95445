// Certificates by mutation of each of their elements: the judge directly for the many, real handshakes with the server
// that is attacked for some. Rules: the judge throws nothing but its own coded errors; the server outlives each.
import { execFileSync } from 'node:child_process';
import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { runAlone } from './support/alone.mjs';
import { chanceOf } from './support/chance.mjs';
import { startTarget } from './support/target.mjs';

const { PeerVerifier, PkiError, readCertificate } = await import(
  new URL('../../packages/pki/dist/index.js', import.meta.url).href
);

export const name = 'certificates';
export const share = 0.06;

/** One in so many inputs is shown to the server in a handshake of its own. */
const HANDSHAKE_EVERY = 500;
const HANDSHAKES_MAX = 400;
const HANDSHAKE_LIMIT_MS = 10_000;
const FOREIGN = ['0500', '040100', '3000', '020100', '0101ff', '30800000', '3084ffffffff', '0c03ff', '170d39397878'];

/** Every extension that is read, and some that are not. */
const EXTENSIONS = `subjectAltName=DNS:a.example,IP:127.0.0.1,URI:http://x/y,email:a@b,otherName:1.2.3.4;UTF8:hello,dirName:dn,RID:1.2.3.4
issuerAltName=DNS:i.example
extendedKeyUsage=serverAuth,clientAuth,1.2.3
basicConstraints=critical,CA:true,pathlen:1
keyUsage=keyCertSign,digitalSignature
nameConstraints=permitted;DNS:a.example,excluded;IP:10.0.0.0/255.0.0.0
certificatePolicies=1.2.3.4
policyConstraints=requireExplicitPolicy:3
inhibitAnyPolicy=1
policyMappings=1.2.3.4:1.2.3.5
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
crlDistributionPoints=URI:http://crl.example/1
authorityInfoAccess=OCSP;URI:http://ocsp.example/
1.2.3.4=DER:05:00`;

/** @returns {{ inputs, unhandled, cut, findings }} as scripts/harden.mjs wants it */
export async function run({ inputs, seed, say, server }) {
  const folder = mkdtempSync(join(tmpdir(), 'vcryptsim-certificates-'));
  const target = server ? null : await startTarget();
  const address = server?.address ?? target.address;
  const findings = [];
  const chance = chanceOf(seed);
  let accepted = 0;
  let refused = 0;
  let handshakes = 0;
  try {
    const bases = makeBases(folder);
    for (let at = 0; at < inputs; at++) {
      const base = chance.pick(bases);
      const der = mutate(base, chance);
      if (judge([der, base.der], der, findings, `seed ${seed}, input ${at}`)) accepted++;
      else refused++;
      if (at % HANDSHAKE_EVERY !== 0 || handshakes >= HANDSHAKES_MAX) continue;
      handshakes++;
      await shakeHands(address, resigned(der, base.key), base.key);
      if (findings.length > 20) break;
    }
    if (target) {
      const { unhandled, faults, seen } = await target.state();
      if (unhandled > 0) findings.push(...seen);
      findings.push(...faults);
    }
  } finally {
    if (target) await target.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  say(`certificates: ${accepted} accepted, ${refused} refused, ${handshakes} handshakes`);
  return { inputs, unhandled: 0, cut: 0, findings };
}

/** Everything that is asked of a certificate, in each way in which it can be trusted. Answers whether it was accepted. */
function judge(chain, der, findings, where) {
  const ways = [
    [{ pins: [der], authorities: [] }, 'a.example'],
    [{ pins: [], authorities: [chain[1]] }, undefined],
  ];
  let accepted = false;
  for (const [trust, expected] of ways) {
    try {
      const peer = new PeerVerifier(trust).verify(chain, Date.now(), expected);
      accepted = true;
      if (typeof peer.subject !== 'string' || !/^[0-9a-f]{64}$/.test(peer.publicKeySha256)) {
        findings.push(`${where}: accepted without saying who it is`);
      }
    } catch (error) {
      if (error instanceof PkiError) continue;
      findings.push(`${where}: ${error?.stack ?? error} in ${Buffer.from(der).toString('hex')}`);
    }
  }
  try {
    const { notAfterMs } = readCertificate(der);
    if (!Number.isFinite(notAfterMs)) findings.push(`${where}: it never ends`);
  } catch (error) {
    if (!(error instanceof PkiError)) findings.push(`${where}: ${error?.stack ?? error}`);
  }
  return accepted;
}

function mutate({ der, places }, chance) {
  const place = chance.pick(places);
  const way = chance.below(6);
  if (way === 0) return replaced(der, place, Buffer.from(chance.pick(FOREIGN), 'hex'));
  if (way === 1) return replaced(der, place, chance.bytes(chance.below(16)));
  if (way === 2) return der.slice(0, chance.below(der.length));
  const changed = Uint8Array.from(der);
  const [from, to] = way === 3 ? [0, der.length] : place;
  for (let left = 1 + chance.below(way === 4 ? 1 : 4); left > 0; left--) {
    changed[from + chance.below(Math.max(1, to - from))] = chance.below(256);
  }
  return changed;
}

/** Puts other bytes in the place of one element and leaves the lengths around it as they were, or mends them. */
function replaced(der, [from, to], bytes) {
  const out = Uint8Array.from([...der.subarray(0, from), ...bytes, ...der.subarray(to)]);
  // The outer lengths are two bytes long: then the rest stays readable and only this element is wrong.
  const grown = bytes.length - (to - from);
  for (const at of [2, 6]) {
    const length = (out[at] ?? 0) * 256 + (out[at + 1] ?? 0) + grown;
    if (at + 2 <= out.length && length > 255 && length < 65_536) out.set([length >> 8, length & 255], at);
  }
  return out;
}

/** First and last byte of each element, at all depths. */
function placesIn(der, from = 0, to = der.length, found = []) {
  for (let at = from; at < to; ) {
    const first = der[at + 1] ?? 0;
    const count = first < 0x80 ? 0 : first & 0x7f;
    let length = count === 0 ? first : 0;
    for (let byte = 0; byte < count; byte++) length = length * 256 + (der[at + 2 + byte] ?? 0);
    const start = at + 2 + count;
    const end = start + length;
    if (end > to || count > 4) return found;
    found.push([at, end]);
    if ((der[at] & 0x20) !== 0 || der[at] === 4) placesIn(der, start, end, found);
    at = end;
  }
  return found;
}

function makeBases(folder) {
  const config = join(folder, 'openssl.cnf');
  const sections = `[req]\ndistinguished_name=dn\nx509_extensions=v3\nprompt=no\n[dn]\nCN=mallory\nO=a\\,b\n[v3]\n`;
  const plain = 'subjectAltName=DNS:a.example,IP:127.0.0.1\n';
  return [EXTENSIONS, plain, ...EXTENSIONS.split('\n')].map((extensions, at) => {
    writeFileSync(config, sections + extensions);
    const [key, out] = [join(folder, `${at}.key`), join(folder, `${at}.der`)];
    const kind = at === 1 ? ['rsa:2048'] : ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
    const words = ['-nodes', '-keyout', key, '-out', out, '-outform', 'der', '-days', '10', '-config', config];
    execFileSync('openssl', ['req', '-x509', '-newkey', ...kind, ...words], { stdio: 'ignore' });
    if (!existsSync(out)) throw new Error('openssl made no certificate');
    const der = new Uint8Array(readFileSync(out));
    return { der, key: createPrivateKey(readFileSync(key)), places: placesIn(der) };
  });
}

/** The same certificate with a signature that holds, where its outer form still allows one. */
function resigned(der, key) {
  const [, body, , signature] = [null, ...topPlaces(der)];
  if (!body || !signature) return der;
  const bytes = sign('sha256', der.subarray(body[0], body[1]), key);
  const bits = Uint8Array.from([3, ...lengthOf(bytes.length + 1), 0, ...bytes]);
  const inner = Uint8Array.from([...der.subarray(body[0], signature[0]), ...bits]);
  return Uint8Array.from([0x30, ...lengthOf(inner.length), ...inner]);
}

function topPlaces(der) {
  const [whole] = placesIn(der, 0, der.length, []);
  if (!whole) return [];
  const start = 2 + (der[1] < 0x80 ? 0 : der[1] & 0x7f);
  const found = [];
  for (let at = start; at < whole[1] && found.length < 3; ) {
    const [next] = placesIn(der, at, whole[1], []);
    if (!next) break;
    found.push(next);
    at = next[1];
  }
  return found;
}

function lengthOf(count) {
  if (count < 128) return [count];
  return count < 256 ? [0x81, count] : [0x82, count >> 8, count & 255];
}

/** Shows it to the server as a client's certificate. What OpenSSL itself will not load is no input for it. */
async function shakeHands({ host, port }, der, key) {
  let socket;
  try {
    const cert = new X509Certificate(der).toString();
    const options = { host, port, cert, key: key.export({ type: 'pkcs8', format: 'pem' }), rejectUnauthorized: false };
    socket = tls.connect(options);
  } catch {
    return;
  }
  await new Promise((resolve) => {
    const limit = setTimeout(resolve, HANDSHAKE_LIMIT_MS);
    for (const event of ['error', 'close']) {
      socket.once(event, () => {
        clearTimeout(limit);
        resolve();
      });
    }
    socket.once('secureConnect', () => socket.write(Buffer.from('42007801000000', 'hex')));
    socket.resume();
  });
  socket.destroy();
}

await runAlone(import.meta.url, { run });
