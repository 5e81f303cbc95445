// Operations x objects x attributes x bent TTLV against a key server of its own process.
//   node scripts/harden/operations.mjs [--n 1000] [--seed 1]
// A finding is an error that the server did not expect (General Failure), an answer that did not come, or a server that is gone.
import { runAlone } from './support/alone.mjs';
import { chanceOf } from './support/chance.mjs';
import { OddRequests } from './support/odd-requests.mjs';
import { kmip } from './support/odd-values.mjs';
import { startTarget } from './support/target.mjs';
import { connect } from './support/wire.mjs';

const CONNECTIONS = 4;
const IDS_KEPT = 80;
const CLIENTS_ALONE = 2;
const { decodeTtlv, defaultLimits, Tag, textOf } = kmip;
const IDENTIFIERS = new Set([Tag.UniqueIdentifier, Tag.PrivateKeyUniqueIdentifier, Tag.PublicKeyUniqueIdentifier]);

export const name = 'operations';
export const share = 0.7;

export async function run({ inputs, seed, say, server }) {
  const own = server ? null : await startTarget();
  const identities = server?.identities ?? [];
  for (let at = 0; own && at < CLIENTS_ALONE; at++) identities.push(await own.client(`fuzz-${at}`));
  const address = server?.address ?? own.address;
  const totals = { inputs: 0, findings: [] };
  for (const [at, identity] of identities.entries()) {
    const wanted = Math.floor((inputs * (at + 1)) / identities.length) - totals.inputs;
    if (wanted > 0) await asClient(identity, { address, wanted, seed: seed * 1000 + at, totals });
    say(`operations: ${totals.inputs} of ${inputs}`);
    if (totals.findings.length > 20) break;
  }
  const state = own ? await own.state() : { unhandled: 0, faults: [], seen: [] };
  if (own) await own.stop();
  return {
    inputs: totals.inputs,
    unhandled: state.unhandled,
    cut: 0,
    findings: [...totals.findings, ...state.faults, ...state.seen],
  };
}

/** Several connections of one client at once; they share the identifiers that they were given. */
async function asClient(identity, { address, wanted, seed, totals }) {
  const ids = [];
  let left = wanted;
  const one = async (at) => {
    const requests = new OddRequests(chanceOf(seed * 10 + at), ids);
    let wire = await connect(address, identity);
    while (left > 0) {
      const { bytes, inputs } = requests.message();
      left -= inputs;
      totals.inputs += inputs;
      const answer = await wire.ask(bytes);
      if (answer === 'late') totals.findings.push(`no answer to ${bytes.toString('hex').slice(0, 400)}`);
      if (answer !== null && answer !== 'late') collect(answer, ids);
      if (answer === null || answer === 'late' || wire.isOver) {
        wire.end();
        try {
          wire = await connect(address, identity);
        } catch (error) {
          totals.findings.push(`the server is gone after ${bytes.toString('hex').slice(0, 400)}: ${error}`);
          return;
        }
      }
    }
    wire.end();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, at) => one(at)));
}

/** Keeps the identifiers of an answer, the newest of them. */
function collect(answer, ids) {
  const left = [decodeTtlv(new Uint8Array(answer), { ...defaultLimits, items: 1e6, messageBytes: 1e8 })];
  for (let one = left.pop(); one; one = left.pop()) {
    if (one.type === 'Structure') left.push(...one.items);
    else if (one.type === 'TextString' && IDENTIFIERS.has(one.tag)) {
      const id = textOf(one.utf8);
      if (id.length > 0 && !ids.includes(id)) ids.push(id);
    }
  }
  if (ids.length > IDS_KEPT) ids.splice(0, ids.length - IDS_KEPT);
}

await runAlone(import.meta.url, { run });
