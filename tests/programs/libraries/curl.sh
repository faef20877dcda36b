# curl, as the vendors' samples call it.
base=$2 plan=$3 photo=$4 out=$5
while IFS=$'\t' read -r name kind field path; do
    if [ "$kind" = json ]; then
        printf '{"%s": "%s"}' "$field" "$(base64 -w0 "$photo")" >"$out/body"
        set -- -H 'Content-Type: application/json' --data-binary "@$out/body"
    else
        set -- -F "$field=@$photo"
    fi
    type=$(curl -sSf -o "$out/$name" -w '%{content_type}' "$@" "$base$path")
    printf '%s\t%s\n' "$name" "$type" >>"$out/types"
done <"$plan"
