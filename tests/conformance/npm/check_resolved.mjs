// Verify SD-JWT with npm `@sd-jwt/core` and a key that npm `did-resolver` and `web-did-resolver` find by the `kid` alone:
// {"cases":[text],"port"} on stdin, an answer for each case on stdout. Every host name leads to 127.0.0.1:port; TLS is verified as ever.
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import https from "node:https";
import tls from "node:tls";
import { SDJwtInstance } from "@sd-jwt/core";
import { Resolver } from "did-resolver";
import { getResolver } from "web-did-resolver";

const { cases, port } = JSON.parse(readFileSync(0, "utf8"));
https.globalAgent.createConnection = (options) => tls.connect({ ...options, host: "127.0.0.1", port, servername: options.host });

const resolver = new Resolver(getResolver());
const hasher = (text, algorithm) => createHash(algorithm.replace("-", "")).update(text).digest();

async function keyOf(kid) {
  const { didDocument, didResolutionMetadata } = await resolver.resolve(kid.split("#")[0]);
  if (didResolutionMetadata.error) throw new Error(didResolutionMetadata.message);
  if (!didDocument.assertionMethod.includes(kid)) throw new Error(`${kid} may not assert`);
  const method = didDocument.verificationMethod.find(({ id }) => id === kid);
  return createPublicKey({ key: method.publicKeyJwk, format: "jwk" });
}

const answers = [];
for (const text of cases) {
  try {
    const { kid } = JSON.parse(Buffer.from(text.split(".")[0], "base64url"));
    const key = await keyOf(kid);
    const verifier = (message, signature) => verify(null, Buffer.from(message), key, Buffer.from(signature, "base64url"));
    const instance = new SDJwtInstance({ hasher, hashAlg: "sha-256", verifier });
    if (text.includes("~")) await instance.verify(text);
    else if (!verifier(text.slice(0, text.lastIndexOf(".")), text.slice(text.lastIndexOf(".") + 1))) throw new Error("signature");
    answers.push({ kid });
  } catch (error) {
    answers.push({ refused: error.message });
  }
}
console.log(JSON.stringify(answers));
