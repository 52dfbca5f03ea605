// The contender with its answers in memory, as a user of Fastify would write it who holds the bytes by their address.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import Fastify from 'fastify'

const root = process.env.BENCH_FILES
const pages = new Map()
for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue
  const file = join(entry.parentPath, entry.name)
  const body = readFileSync(file)
  pages.set(relative(root, file), { body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` })
}

const app = Fastify()

app.get('/*', (request, reply) => {
  const page = pages.get(request.params['*'])
  if (page === undefined) return reply.code(404).send()
  reply.header('ETag', page.etag)
  if (request.headers['if-none-match'] === page.etag) return reply.code(304).send()
  return reply.type('application/json').send(page.body)
})

await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
