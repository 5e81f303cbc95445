import { networkSuite } from '../../simkit/test/network/network-suite.js';
import { ToldTls } from './support/told-tls.js';

networkSuite('a network that tells of TLS', { wire: 'memory', decorate: (wire) => new ToldTls(wire, []) });
