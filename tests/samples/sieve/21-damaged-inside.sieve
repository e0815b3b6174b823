# Un
if header :contains "Subject" "un" {
if header @abîmé {
keep;
}
if header :contains "From" "chef" {
discard;
}
}
# Deux
if header :contains "Subject" "deux" { stop; }
