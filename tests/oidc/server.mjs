// Two identity providers on free ports of 127.0.0.1, for the tests of the sign-in.
//
// `real` is the certified provider `oidc-provider` with its own sign-in and consent pages; who signs in as
// X has the e-mail address X, verified unless X begins with "unverified".
// `signer` puts whatever the code asks for into an ID token: the code is base64url JSON
// { claims, key }, where key is "own" (default), "other" (a key that is not published), "new" (one that is
// published from then on) or "none".
//
// Prints one line of JSON with both issuers and ends when its standard input ends.
import { createServer } from 'node:http'
import { once } from 'node:events'
import Provider from 'oidc-provider'
import { SignJWT, UnsecuredJWT, exportJWK, generateKeyPair } from 'jose'

const client = {
  client_id: 'evenfield',
  client_secret: 'a secret for tests only',
  redirect_uris: [process.env.REDIRECT_URI ?? 'http://127.0.0.1:8080/oidc/callback'],
}

async function listen(server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${server.address().port}`
}

async function startReal() {
  const server = createServer()
  const issuer = await listen(server)
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const provider = new Provider(issuer, {
    clients: [client],
    claims: { email: ['email', 'email_verified'], profile: ['name'] },
    cookies: { keys: ['tests only'] },
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'real' }] },
    pkce: { required: () => true },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: id, email_verified: !id.startsWith('unverified'), name: id }),
    }),
  })
  server.on('request', provider.callback())
  return issuer
}

async function startSigner() {
  const own = await generateKeyPair('RS256', { extractable: true })
  const other = await generateKeyPair('RS256')
  const renewed = await generateKeyPair('RS256', { extractable: true })
  const publish = async (pair, kid) => ({ ...(await exportJWK(pair.publicKey)), alg: 'RS256', use: 'sig', kid })
  let keys = [await publish(own, 'signer')]
  const server = createServer()
  const issuer = await listen(server)

  async function sign(code) {
    const { claims, key = 'own' } = JSON.parse(Buffer.from(code, 'base64url'))
    const now = Math.floor(Date.now() / 1000)
    const all = { iss: issuer, aud: client.client_id, iat: now, exp: now + 300, ...claims }
    if (key === 'none') return new UnsecuredJWT(all).encode()
    if (key === 'new') {
      keys = [await publish(renewed, 'renewed')]
      return new SignJWT(all).setProtectedHeader({ alg: 'RS256', kid: 'renewed' }).sign(renewed.privateKey)
    }
    const { privateKey } = key === 'other' ? other : own
    return new SignJWT(all).setProtectedHeader({ alg: 'RS256', kid: 'signer' }).sign(privateKey)
  }

  server.on('request', async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    const send = (value) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(value))
    }
    switch (new URL(request.url, issuer).pathname) {
      case '/.well-known/openid-configuration':
        return send({
          issuer,
          authorization_endpoint: `${issuer}/auth`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/jwks`,
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['RS256'],
        })
      case '/jwks':
        return send({ keys })
      case '/token': {
        const id_token = await sign(new URLSearchParams(body).get('code'))
        return send({ access_token: 'opaque', token_type: 'Bearer', expires_in: 300, id_token })
      }
      default:
        response.statusCode = 404
        return response.end()
    }
  })
  return issuer
}

console.log(JSON.stringify({ real: await startReal(), signer: await startSigner() }))
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
