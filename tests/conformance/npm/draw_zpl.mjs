// Draw a ZPL format with npm `zpl-renderer-js`: {"zpl","width_mm","height_mm","dots_a_mm"} on stdin, a PNG in base64 on stdout.
import { readFileSync } from "node:fs";
import { ready } from "zpl-renderer-js";

const { zpl, width_mm, height_mm, dots_a_mm } = JSON.parse(readFileSync(0, "utf8"));
const { api } = await ready;
process.stdout.write(await api.zplToBase64Async(zpl, width_mm, height_mm, dots_a_mm));
