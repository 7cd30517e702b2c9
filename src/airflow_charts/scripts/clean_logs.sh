# Deletes old files of logs, and folders that became empty: FOLDER, minutes to keep them, seconds between two looks.
# Without Python, whose start would cost more than the work.
trap 'exit 0' TERM
while true; do
  find "$1" -type f -mmin "+$2" -delete 2>/dev/null
  find "$1" -mindepth 1 -type d -empty -mmin "+$2" -delete 2>/dev/null
  sleep "$3" &
  wait $!
done
