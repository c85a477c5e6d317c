// Says whether the browser takes a trust list as the next of a pinned one.

import { readFileSync } from "node:fs";
import { succeeds } from "../../../api/web/static/succeeding.js";

const { before, after } = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify({ follows: await succeeds(before, after) }));
