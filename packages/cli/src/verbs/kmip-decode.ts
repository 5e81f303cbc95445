import { resolve } from 'node:path';
import { type HexSpan, renderHex, renderMessage, summarizeMessage } from '@vcryptsim/kmip-lite/text';
import { readWhole } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { CliError, EXIT } from '../exit.js';
import { bytesOfCapture, type FoundMessage, messagesIn } from '../kmip/read-messages.js';
import { jsonDocument, print, printJsonText } from '../output.js';

const CONTENT_MAX_BYTES = 16 * 1024 * 1024;
const HEX_BYTES_A_LINE = 24;

interface DecodeOptions {
  readonly hex?: boolean;
  readonly json?: boolean;
}

/** `vcryptsim kmip decode`: shows messages as a tree, or byte by byte. Key material is never shown. */
export function decodeCommand(): Command {
  return new Command('decode')
    .description('Show KMIP messages, raw bytes or hex digits, as a readable tree. Keys and passwords are not shown.')
    .argument('<file>', 'one message or several one after the other; - reads standard input')
    .option('--hex', 'show every byte and what it belongs to')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      [
        '',
        'Ends with 2 when a message is malformed; what could be read of it is shown.',
        '',
        'Examples:',
        '  vcryptsim kmip decode request.bin',
        '  xxd -p request.bin | vcryptsim kmip decode - --hex',
      ].join('\n'),
    )
    .action(decode);
}

async function decode(file: string, options: DecodeOptions): Promise<void> {
  const name = file === '-' ? 'Standard input' : file;
  const content =
    file === '-'
      ? await readInput()
      : await readWhole(new OsFileSystem({ named: 'all' }), resolve(file), CONTENT_MAX_BYTES);
  const { bytes, oddDigits } = bytesOfCapture(content, name);
  const messages = messagesIn(bytes);
  if (options.json === true) printJsonText(asJson(messages, options));
  else print(asText(messages, options));
  const broken = messages.at(-1)?.trouble;
  if (oddDigits !== null) {
    const message = `${name} has an odd number of hex digits (${oddDigits}); the last one is left out.`;
    throw new CliError(EXIT.badInput, message, 'Check that the message was copied whole.');
  }
  if (broken?.kind !== 'malformed') return;
  const which = messages.length === 1 ? name : `Message ${messages.length} of ${name}`;
  throw new CliError(
    EXIT.badInput,
    `${which} is malformed: ${broken.message}.`,
    'The tree shows what can be read of it; --hex shows the bytes.',
  );
}

function asText(messages: readonly FoundMessage[], { hex }: DecodeOptions): string {
  return messages
    .map(({ offsetBytes, bytes, trouble }, at) => {
      const head =
        messages.length === 1 ? [] : [`message ${at + 1}, ${bytes.length} bytes from byte ${offsetBytes} on`];
      const lines = hex === true ? renderHex(bytes).flatMap(hexLines) : renderMessage(bytes);
      const notes = trouble?.kind === 'unsound' ? [`This is not a valid message of KMIP 1: ${trouble.message}.`] : [];
      return `${[...head, ...lines, ...notes].join('\n')}\n`;
    })
    .join('\n');
}

/** `0010    42006a02 00000004  ProtocolVersionMajor Integer`; long values go on in further lines. */
function hexLines({ offsetBytes, hex, label, depth, part }: HexSpan): string[] {
  const lines: string[] = [];
  const digits = HEX_BYTES_A_LINE * 2;
  for (let at = 0; at < hex.length; at += digits) {
    const groups = hex.slice(at, at + digits).match(/.{1,8}/gu) ?? [];
    const what = at > 0 ? '' : part === 'head' ? label : part;
    const place = (offsetBytes + at / 2).toString(16).padStart(4, '0');
    lines.push(`${place}  ${'  '.repeat(depth)}${groups.join(' ').padEnd(18)}  ${what}`.trimEnd());
  }
  return lines;
}

function asJson(messages: readonly FoundMessage[], { hex }: DecodeOptions): string {
  const answer = {
    messages: messages.map(({ offsetBytes, bytes, trouble }) => ({
      offsetBytes,
      lengthBytes: bytes.length,
      summary: summarizeMessage(bytes),
      tree: renderMessage(bytes),
      ...(hex === true && { spans: renderHex(bytes) }),
      trouble,
    })),
  };
  return jsonDocument(answer);
}

async function readInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length;
    if (sizeBytes > CONTENT_MAX_BYTES) {
      const message = `Standard input is longer than ${CONTENT_MAX_BYTES} bytes.`;
      throw new CliError(EXIT.badInput, message, 'Give the messages in several parts.');
    }
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
