export { padded, shortened, table, tables, textWidth, wrap, wrapCommand } from './narrator/layout.js';
