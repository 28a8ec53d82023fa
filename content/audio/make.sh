#!/bin/sh -e
cd "$(dirname "$0")" && espeak-ng -v da -s 140 -f du-er-ikke-alene.txt --stdout | ffmpeg -y -v error -i - -ac 1 -ar 22050 -b:a 40k -bitexact -id3v2_version 3 -metadata title="Du er ikke alene (prøvelyd)" -metadata language=dan du-er-ikke-alene.mp3
