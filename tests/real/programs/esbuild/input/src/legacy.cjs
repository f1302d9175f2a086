exports.log = function () {
  var words = Array.prototype.slice.call(arguments);
  console.log("[legacy]", words.length, typeof words[1].at);
};
