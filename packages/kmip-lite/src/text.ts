export { findTrouble, type Trouble } from './text/find-trouble.js';
export { redactMessage } from './text/redact-message.js';
export { type HexSpan, renderHex } from './text/render-hex.js';
export { renderMessage } from './text/render-message.js';
export { type MessageSummary, type SummarizedItem, summarizeMessage } from './text/summarize-message.js';
