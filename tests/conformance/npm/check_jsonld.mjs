// Canonize JSON-LD documents with npm `jsonld` in safe mode: {"contexts":{url:document},"cases":[document]} on stdin, an answer for each case
// on stdout: its canonical N-Quads (RDFC-1.0), or why it was refused. No context but those given is loaded.
import { readFileSync } from "node:fs";
import jsonld from "jsonld";

const { contexts, cases } = JSON.parse(readFileSync(0, "utf8"));
const documentLoader = async (url) => {
  if (!Object.hasOwn(contexts, url)) throw new Error(`no context was given for ${url}`);
  return { documentUrl: url, document: contexts[url], tag: "static" }; // it never changes: processed once for all cases
};

const answers = [];
for (const document of cases) {
  try {
    const options = { algorithm: "RDFC-1.0", format: "application/n-quads", safe: true, documentLoader };
    answers.push({ nquads: await jsonld.canonize(document, options) });
  } catch (error) {
    answers.push({ refused: `${error.message} ${error.details?.event?.code ?? ""}` });
  }
}
console.log(JSON.stringify(answers));
