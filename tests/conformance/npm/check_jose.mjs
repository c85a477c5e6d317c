// Verify compact JWS with npm `jose`: {"cases":[{"jws","jwk"}]} on stdin, an answer for each case on stdout.
import { readFileSync } from "node:fs";
import { compactVerify, importJWK } from "jose";

const answers = [];
for (const { jws, jwk } of JSON.parse(readFileSync(0, "utf8")).cases) {
  try {
    const { payload, protectedHeader } = await compactVerify(jws, await importJWK(jwk, "EdDSA"), { algorithms: ["EdDSA"] });
    answers.push({ payload: Buffer.from(payload).toString("base64url"), header: protectedHeader });
  } catch (error) {
    answers.push({ refused: error.code });
  }
}
console.log(JSON.stringify(answers));
