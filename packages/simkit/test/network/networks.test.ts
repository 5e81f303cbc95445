// Each Network runs the one suite.
import { FaultyNetwork, TappedNetwork } from '@vcryptsim/simkit';
import { networkSuite } from './network-suite.js';

networkSuite('the TLS network', { wire: 'tls' });
networkSuite('the memory network', { wire: 'memory' });
networkSuite('a faulty network without a fault', {
  wire: 'memory',
  decorate: (wire, clock) => new FaultyNetwork(wire, clock),
});
networkSuite('a tapped network', {
  wire: 'memory',
  decorate: (wire) => new TappedNetwork(wire, 'host', { frame: () => {} }),
});
networkSuite('a tapped and faulty network over TLS', {
  wire: 'tls',
  decorate: (wire, clock) => new FaultyNetwork(new TappedNetwork(wire, 'host', { frame: () => {} }), clock),
});
