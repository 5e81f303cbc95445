/*
 * What is spoken over DIR/admin.sock: lines of JSON in UTF-8, each ended by a newline. The client sends a request, the
 * server its answer, and so on, in turn; the client ends it by closing.
 *
 *   request   {"action":"key.show","id":"5f6d..."}            fields of each action: admin-request.ts
 *   answer    {"ok":true,"answer":{...}}
 *   refusal   {"ok":false,"code":"OBJECT_NOT_FOUND","message":"...","nextStep":"..."}
 *
 * Who may open the socket (mode 0600) is the administrator. Key bytes are in no line.
 */

/** No request is longer: a certificate of 16 KiB in base64 is the most that one holds. */
export const REQUEST_BYTES_MAX = 64 * 1024;
/** A list of a million keys fits. */
export const ANSWER_BYTES_MAX = 512 * 1024 * 1024;
