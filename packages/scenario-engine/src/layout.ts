export {
  labelled,
  padded,
  shortened,
  table,
  tables,
  tableWidth,
  textWidth,
  wrap,
  wrapCommand,
} from './narrator/layout.js';
