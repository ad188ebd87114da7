// Says why the login page is shown again.
const query = new URLSearchParams(location.search);
if (query.has("failed")) {
  document.getElementById("login-failed").hidden = false;
  document.getElementById("token").setAttribute("aria-describedby", "login-failed");
}
if (query.has("out")) document.getElementById("login-out").hidden = false;
