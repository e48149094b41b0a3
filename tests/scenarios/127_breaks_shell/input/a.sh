f() {
  echo 1
}
