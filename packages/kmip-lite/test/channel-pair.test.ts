import { describe } from 'vitest';
import { channelSuite } from '../../simkit/test/network/channel-suite.js';
import { channelPair } from './support/channel-pair.js';

describe('a pair of channels in memory', () => {
  channelSuite((use) => use(...channelPair()));
});

describe('a pair of channels in memory that brings all in pieces', () => {
  channelSuite(async (use) => {
    const [a, b] = channelPair();
    [a.chunkBytes, b.chunkBytes] = [1000, 333];
    await use(a, b);
  });
});
