#!/bin/sh
# One night: take in new pictures, train on for two minutes, draw a new grid. Silent when all is well.
#
#     nightly.sh FOLDER    reads FOLDER/photos; everything that it writes lies in FOLDER too
#
# It may be started twice, killed at any moment and run on a full disk: the next start goes on from what is whole.
# docs/how-to/nightly.md explains each line.
set -euf

how_long=${NIGHTLY_TIME:-2m} # how long to train, the save included: 90s, 50m, 8h
options=${NIGHTLY_TRAIN:-}  # more options of `gantools train`, split at spaces

cd "$1"
touch nightly.log || exit 7 # touch has said why
exec 3>&2 2>>nightly.log >/dev/null

# Run one command. Its messages go to the log; its exit code decides what becomes of the night.
step() {
    echo "--- $(date '+%F %T') gantools $*" >&2 || : # a log that cannot be written stops nothing
    before=$(wc -l <nightly.log)
    code=0
    gantools "$@" || code=$?
    case $code in
        0 | 3) ;;                        # done; 3: some pictures were skipped, the log names each
        75) exit 0 ;;                    # another run is at it: nothing is lost
        129 | 130 | 143) exit "$code" ;; # told to stop, and saved
        4) fail "$1" "an input is missing or damaged" ;;
        5) fail "$1" "a file that it did not write is in the way" ;;
        6) fail "$1" "training diverged or collapsed; the last good checkpoint is kept" ;;
        7) fail "$1" "no space, no memory, or no device; what was there is unchanged" ;;
        127) fail "$1" "no gantools on PATH ($PATH)" ;;
        137) fail "$1" "killed from outside, as the kernel does when memory runs out" ;;
        *) fail "$1" "unexpected" ;;
    esac
}

# Tell what went wrong where cron sees it, with the error from the log if the log could take it.
fail() {
    echo "nightly: gantools $1 ended with $code: $2; see $PWD/nightly.log" >&3
    tail -n "+$((before + 1))" nightly.log | grep -E '^(error|hint): ' >&3 || :
    exit "$code"
}

step prepare photos -o data
# shellcheck disable=SC2086 # the options are several words
step train data -o nightly.safetensors --resume --max-time "$how_long" --metrics nightly.jsonl $options
step sample nightly.safetensors --n 64 --grid -o grid.png # grid.png is replaced in one step, when the new one is whole
