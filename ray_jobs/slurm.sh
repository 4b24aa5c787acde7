#!/bin/bash
# A screen on Slurm: sbatch ray_jobs/slurm.sh screen.py /shared/jobs/screen.yaml
# One Ray node a Slurm node; it starts, runs and stops with the job. Requeued by Slurm or
# submitted again, it goes on where it stopped.
#SBATCH --job-name=hitsieve
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --gpus-per-node=1
#SBATCH --mem=64G
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail

if [[ $# -ne 2 ]]; then
  echo "usage: sbatch slurm.sh JOB.py CONFIG.yaml" >&2
  exit 2
fi
# Slurm runs a copy of this file; HITSIEVE_JOBS names the folder of the scripts.
jobs="${HITSIEVE_JOBS:-/opt/hitsieve/ray_jobs}"
script="$jobs/$1"
config="$2"
for file in "$script" "$config"; do
  [[ -r $file ]] || { echo "cannot read $file" >&2; exit 3; }
done

# Nothing leaves the cluster, and nobody joins it without the token, which lies in the home
# folder that all nodes share.
export RAY_USAGE_STATS_ENABLED=0
export RAY_AUTH_MODE=token
export RAY_AUTH_TOKEN_PATH="${RAY_AUTH_TOKEN_PATH:-$HOME/.ray/auth_token}"
if [[ ! -s $RAY_AUTH_TOKEN_PATH ]]; then
  mkdir -p "$(dirname "$RAY_AUTH_TOKEN_PATH")"
  (umask 077 && python -c 'import secrets; print(secrets.token_hex(16), end="")' \
    > "$RAY_AUTH_TOKEN_PATH")
fi
chmod 600 "$RAY_AUTH_TOKEN_PATH"

export HITSIEVE_LOG_FORMAT=json
export OMP_NUM_THREADS=1
head="$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)"
address="$(getent ahostsv4 "$head" | awk 'NR == 1 { print $1 }')"
# Jobs of two users may share a node, so the port follows from the job's number.
port=$((20000 + SLURM_JOB_ID % 20000))
export RAY_ADDRESS="$address:$port"
export RAY_SYMMETRIC_RUN_CLUSTER_WAIT_TIMEOUT=300 # seconds; images may load slowly

srun --nodes="$SLURM_JOB_NUM_NODES" --ntasks="$SLURM_JOB_NUM_NODES" \
  ray symmetric-run \
  --address "$RAY_ADDRESS" \
  --min-nodes "$SLURM_JOB_NUM_NODES" \
  --num-cpus="$SLURM_CPUS_PER_TASK" \
  --dashboard-host=127.0.0.1 \
  --disable-usage-stats \
  -- python "$script" "$config"
