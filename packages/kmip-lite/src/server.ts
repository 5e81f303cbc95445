export type { Exchange, ExchangedItem } from './server/exchange.js';
export type { Fault, FaultSink } from './server/fault.js';
export {
  type Addressed,
  Finished,
  type OperationCall,
  type OperationHandler,
  type OperationTable,
  Pending,
  servedOperations,
} from './server/operation-table.js';
export { serveChannel } from './server/serve-channel.js';
export type { ServeOptions } from './server/serve-options.js';
