#!/bin/sh
# A first GAN in four to five minutes on two cores. Each command is printed before it runs; all is written to demo/ here.
# The counts are fixed, so every run of this script ends in the same pictures; what an earlier one left is removed.
set -eu

run() {
    printf '\n$ %s\n' "$*"
    "$@"
}

if [ -e demo ] && [ ! -e demo/.made-by-demo ]; then
    echo "demo: found something that this script did not make, expected no such folder here" >&2
    exit 5
fi
rm -rf demo
mkdir demo
cd demo
: > .made-by-demo

printf 'A set of pictures drawn by code: five kinds of stickers, in five colours, on three skies.\n'
run gantools prepare demo:stickers -o data
run gantools inspect data --plot reals.png

printf '\nTwo networks are trained against each other: D tells reals from fakes, G makes fakes that D takes for real.\n'
run gantools train data -o stickers.safetensors --steps 100
run gantools sample --n 64 stickers.safetensors --grid -o early.png

printf '\nThe same run goes on, twice. Each time it ends exactly where an uncut run would be.\n'
run gantools train data -o stickers.safetensors --resume --until 500
run gantools sample --n 64 stickers.safetensors --grid -o middle.png
run gantools train data -o stickers.safetensors --resume --until 2000
run gantools sample --n 64 stickers.safetensors --grid -o late.png

printf '\nThe losses of the whole run, as the checkpoint keeps them.\n'
run gantools inspect stickers.safetensors --plot losses.png

cat <<'END'

Look at these, in demo/:
  reals.png     64 of the 4,000 pictures that the networks learnt from
  early.png     what the generator draws after 100 rounds (6,400 images seen),
  middle.png    after 500 (32,000 images),
  late.png      and after 2,000 (128,000 images)
  losses.png    the losses of both networks on the way

Try next (in a new shell, in the clone, first:  . .venv/bin/activate):
  cd demo && gantools train data -o stickers.safetensors --resume --max-time 5m
  cd demo && gantools sample --n 1000 stickers.safetensors
  gantools prepare ~/Pictures -o mine && gantools train mine -o mine.safetensors
END
