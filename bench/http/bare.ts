/** @file A bare Fastify application that answers the same bytes as the service: what HTTP alone costs here. */
import Fastify from 'fastify';

const [poll, accepted] = process.argv.slice(2) as [string, string];

const app = Fastify();
app.get('/v1/jobs/:id', async (_request, reply) => reply.type('application/json').send(poll));
app.post('/v1/jobs', async (_request, reply) => reply.code(202).type('application/json').send(accepted));
console.log(await app.listen({ port: 0 }));
