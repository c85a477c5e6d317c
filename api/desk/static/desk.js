// What a browser with scripts does beside the forms, which work without it: it shows the problems of a page.
document.getElementById("problems")?.focus();
