/** @file Answers that a thread has written. */
import type { FastifyReply } from 'fastify';

/** The same memory, as Node.js sends it. */
export const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

export const sendJson = (reply: FastifyReply, json: Uint8Array): FastifyReply =>
  reply.type('application/json; charset=utf-8').send(bufferOf(json));
