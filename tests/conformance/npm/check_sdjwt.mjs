// Verify SD-JWT with npm `@sd-jwt/core` and put the claims together: {"cases":[{"text","jwk"}]} on stdin, answers on stdout.
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { SDJwtInstance } from "@sd-jwt/core";

const hasher = (text, algorithm) => createHash(algorithm.replace("-", "")).update(text).digest();

const answers = [];
for (const { text, jwk } of JSON.parse(readFileSync(0, "utf8")).cases) {
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const verifier = (message, signature) => verify(null, Buffer.from(message), key, Buffer.from(signature, "base64url"));
  try {
    const instance = new SDJwtInstance({ hasher, hashAlg: "sha-256", verifier });
    await instance.verify(text);
    answers.push({ claims: await instance.getClaims(text) });
  } catch (error) {
    answers.push({ refused: error.message });
  }
}
console.log(JSON.stringify(answers));
