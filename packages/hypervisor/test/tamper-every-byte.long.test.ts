// All 255 other values of every byte of a bundle are refused; only another case of its words, which means the same, is not.
import { formatBundle, parseBundle } from '@vcryptsim/hypervisor/formats';
import { expect, it } from 'vitest';
import { openOrRefusal } from './support/changed-bundle.js';
import { KEY, Lab, webVm } from './support/lab.js';

it('[S21] no byte of a bundle can be another, whichever it is', async () => {
  const lab = await Lab.safe();
  await lab.host.createVm(webVm());
  const bundle = /encryptionKeys="([^"]+)"/.exec(await lab.readText('web.vmdk'))?.[1] ?? '';
  expect(openOrRefusal(bundle, KEY)).toBe('opens');
  let opened = 0;
  for (let at = 0; at < bundle.length; at += 1) {
    for (let value = 1; value < 256; value += 1) {
      const letter = String.fromCharCode(bundle.charCodeAt(at) ^ value);
      const changed = bundle.slice(0, at) + letter + bundle.slice(at + 1);
      if (openOrRefusal(changed, KEY) !== 'opens') continue;
      opened += 1;
      expect(changed.toLowerCase(), `byte ${at}`).toBe(bundle.toLowerCase());
      expect(formatBundle(parseBundle(changed, 'f')), `byte ${at}`).toBe(bundle);
    }
  }
  expect(opened, 'letters that may be of either case').toBeGreaterThan(10);
});
