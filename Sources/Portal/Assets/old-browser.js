// For browsers too old for the page's script: says so, in words that are in the page already.
(function () {
  var views = document.querySelectorAll(".view");
  for (var i = 0; i < views.length; i += 1) { views[i].setAttribute("hidden", "hidden"); }
  document.getElementById("view-old").removeAttribute("hidden");
  var texts = JSON.parse(document.getElementById("texts").textContent);
  document.getElementById("heading").textContent = texts["heading-old"];
})();
