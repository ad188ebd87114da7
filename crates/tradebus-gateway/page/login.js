// Says why the login page is shown again: `?failed`, `?wait` or `?out`.
for (const reason of new URLSearchParams(location.search).keys()) {
  const says = document.getElementById(`login-${reason}`);
  if (says) {
    says.hidden = false;
    document.getElementById("token").setAttribute("aria-describedby", says.id);
  }
}
