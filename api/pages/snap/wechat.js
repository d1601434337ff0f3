// Inside WeChat's browser: the place as WeChat knows it, through the bridge that WeChat itself puts into every page. No script of
// any other host is loaded; what its JS-SDK would do with the signature is done here.
const PATIENCE = 8000;

const bridge = () => new Promise((resolve, reject) => {
  if (globalThis.WeixinJSBridge) return void resolve(globalThis.WeixinJSBridge);
  document.addEventListener("WeixinJSBridgeReady", () => resolve(globalThis.WeixinJSBridge), {once: true});
  setTimeout(() => reject(new Error("WeChat's bridge did not come")), PATIENCE);
  return undefined;
});

function invoke(there, name, said) {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`${name} was not answered`)), PATIENCE);
    there.invoke(name, said, (answer) => (String(answer?.err_msg).endsWith(":ok") ? resolve(answer) : reject(new Error(answer?.err_msg))));
  });
}

/** A way to ask where the phone is, for a page whose address was signed ({app_id, timestamp, nonce, signature}): answers
 * {lon, lat, accuracy, at} in WGS-84; raises when WeChat does not tell. */
export function locator(signed) {
  const verified = {appId: signed.app_id, verifyAppId: signed.app_id, verifySignType: "sha1", verifyTimestamp: String(signed.timestamp),
    verifyNonceStr: signed.nonce, verifySignature: signed.signature};
  return async () => {
    const there = await bridge();
    await invoke(there, "preVerifyJSAPI", {...verified, verifyJsApiList: ["geoLocation"]});
    const {longitude, latitude, accuracy} = await invoke(there, "geoLocation", {...verified, type: "wgs84"});
    return {lon: Number(longitude), lat: Number(latitude), accuracy: Number(accuracy), at: Date.now()};
  };
}
