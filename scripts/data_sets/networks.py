"""The networks of the experiments: which data, which cfg, which seed; their training by Darknet, two at a time.

Of a network there are in NETS:

  NET-HASH.weights   what was trained; HASH is of the cfg, the training pictures, the seed and Darknet's source
  NET-HASH.json      the accuracy on the test's pictures; seconds of training on the clock and of the processor
  NET.weights, .json links to those of the cfg, data and seed that are in force"""

import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

DATA, NETS, CFGS = "build/experiments/data", "build/experiments/nets", "cfg/experiments/nets"
MAKER, ATTACKER = "scripts/make-data", "scripts/attack-pictures"
WITH_DIGITS = ("mnist", "semi-natural")


class Failure(Exception):
    """Something could not be made; the message says what."""


@dataclass
class Network:
    data: str  # in DATA
    cfg: str  # in CFGS
    seed: int = 1


@dataclass
class Attack:
    network: str
    deviation: float  # of the set's numbers: the unit of epsilons and steps
    epsilons: tuple
    count: int = 500
    step: float = .01


# Sets of data: arguments of make-data, the folder left out. Those that read another one stand behind it.
SETS = {
    "fashion-mnist": ("items", "fashion-mnist"),
    "fashion-halves": ("parts", f"{DATA}/fashion-mnist/set.data", "2"),
    "fashion-halves-again": ("parts", f"{DATA}/fashion-mnist/set.data", "2", "--seed", "2"),
    "mnist": ("items", "mnist"),
    "semi-natural": ("semi-natural",),
    "synthetic-two": ("synthetic", "two"),
    "synthetic-multi-way": ("synthetic", "multi-way"),
    "synthetic-top-down": ("synthetic", "top-down"),
    "synthetic-three": ("synthetic", "three"),
}

# The longest first, so that both processors end at the same time.
NETWORKS = {
    "semi-natural-residual": Network("semi-natural/set.data", "semi-natural-residual.cfg"),
    "semi-natural-plain": Network("semi-natural/set.data", "semi-natural-plain.cfg"),
    "fashion-residual-half-1": Network("fashion-halves/part-1.data", "fashion-residual.cfg"),
    "fashion-residual-half-2": Network("fashion-halves/part-2.data", "fashion-residual.cfg", 2),
    "fashion-residual-half-3": Network("fashion-halves-again/part-1.data", "fashion-residual.cfg", 3),
    "fashion-residual-half-4": Network("fashion-halves-again/part-2.data", "fashion-residual.cfg", 4),
    "fashion-plain": Network("fashion-mnist/set.data", "fashion-plain.cfg"),
    "fashion-plain-half-1": Network("fashion-halves/part-1.data", "fashion-plain.cfg"),
    "fashion-plain-half-2": Network("fashion-halves/part-2.data", "fashion-plain.cfg", 2),
    "fashion-plain-half-3": Network("fashion-halves-again/part-1.data", "fashion-plain.cfg", 3),
    "fashion-plain-half-4": Network("fashion-halves-again/part-2.data", "fashion-plain.cfg", 4),
    "digits": Network("mnist/set.data", "digits.cfg"),
    "synthetic-two": Network("synthetic-two/set.data", "synthetic-2.cfg"),
    "synthetic-multi-way": Network("synthetic-multi-way/set.data", "synthetic-2.cfg"),
    "synthetic-top-down": Network("synthetic-top-down/set.data", "synthetic-2.cfg"),
    "synthetic-three": Network("synthetic-three/set.data", "synthetic-3.cfg"),
}

# Attacked pictures of a network's test: DATA/NAME/EPSILON, as scripts/attack-pictures leaves it.
ATTACKS = {
    "fashion-attacked": Attack("fashion-plain", .353, (.07, .1, .3, 1)),
}


def _read(path):
    with open(path, "rb") as file:
        return file.read()


def _hash(*parts):
    """Of parts that are bytes, each with its length in front."""
    total = hashlib.sha256()
    for part in parts:
        total.update(b"%d:" % len(part))
        total.update(part)
    return total.hexdigest()


def _run(command, **options):
    done = subprocess.run(command, check=False, **options)
    if done.returncode:
        raise Failure(f"{' '.join(command)} failed with exit code {done.returncode}")


# ---- Data


def _set_of(data):
    """The set that a file in DATA belongs to."""
    return data.removeprefix(DATA + "/").split("/")[0]


def _makers():
    paths = sorted(set(glob.glob("scripts/data_sets/*.py")) - {"scripts/data_sets/networks.py"})
    return [_read(path) for path in [MAKER] + paths]


def make_set(name):
    """Makes a set of data and those it reads, unless it is there and the same command of the same make-data made it."""
    command = [MAKER, *SETS[name], f"{DATA}/{name}"]
    for read in (part for part in SETS[name] if part.startswith(DATA)):
        make_set(_set_of(read))
    stamp, key = f"{DATA}/{name}.made", _hash(" ".join(command).encode(), *_makers())
    if os.path.exists(command[-1]) and os.path.exists(stamp) and _read(stamp).decode() == key:
        return
    if name in WITH_DIGITS:
        _run(["scripts/get-mnist-digits"])
    os.makedirs(DATA, exist_ok=True)
    start = time.time()
    _run(command, stdout=subprocess.DEVNULL)
    with open(stamp, "w", encoding="utf-8") as file:
        file.write(key)
    print(f"data {name}: {time.time() - start:.0f} s", flush=True)


# ---- Networks


def _options(data):
    """The lines of a .data file as a dictionary."""
    return dict(line.split("=", 1) for line in _read(data).decode().splitlines())


def _darknet():
    """The program that trains."""
    program = os.environ.get("DARKNET_PROGRAM", "build/training/darknet")
    if "DARKNET_PROGRAM" not in os.environ:
        _run(["make", "-s", "-j2", program], stdout=subprocess.DEVNULL)
    return program


def _source():
    """Darknet's source as make has patched it."""
    _run(["scripts/get-darknet"], stdout=subprocess.DEVNULL)
    paths = sorted(glob.glob("build/darknet-src/*/*.[ch]"))
    return _hash(*map(_read, paths)).encode()


def _key(network, source):
    """The hash of all that the weights depend on; pictures count by what is in them, and by their order."""
    options = _options(f"{DATA}/{network.data}")
    pictures = hashlib.sha256()
    for path in _read(options["train"]).decode().splitlines():
        pictures.update(os.path.basename(path).encode() + _read(path))
    return _hash(source, _read(f"{CFGS}/{network.cfg}"), pictures.digest(), str(network.seed).encode())[:16]


RUNNING = set()  # Darknet's processes, which end when this one does


def _call(command, log, **environment):
    """Runs Darknet on one thread, with its output in a file; returns the seconds on the clock and of the processor."""
    start = time.time()
    with open(log, "w", encoding="utf-8") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT,
                                   env={**os.environ, "OMP_NUM_THREADS": "1", **environment})
        RUNNING.add(process)
        _, status, usage = os.wait4(process.pid, 0)
        RUNNING.discard(process)
    process.returncode = os.waitstatus_to_exitcode(status)
    return round(time.time() - start, 1), round(usage.ru_utime + usage.ru_stime, 1)


def _accuracy(program, data, cfg, weights, log):
    """The part of the test's pictures whose class is the most probable one: the last of Darknet's running shares."""
    _call([program, "classifier", "valid", data, cfg, weights], log)
    count = len(_read(_options(data)["valid"]).decode().splitlines())
    shares = re.findall(rb"^ *(\d+): top 1: ([\d.]+)", _read(log), re.MULTILINE)
    if not shares or int(shares[-1][0]) != count - 1:
        raise Failure(f"Darknet did not classify all pictures: see {log}")
    return float(shares[-1][1])


def _train(name, key, source, program):
    """Trains in a folder of its own, for a training that is broken off must leave nothing that looks like weights."""
    network = NETWORKS[name]
    work, cfg = f"{NETS}/{name}.{os.getpid()}", f"{CFGS}/{network.cfg}"
    os.makedirs(work, exist_ok=True)
    with open(f"{work}/set.data", "w", encoding="utf-8") as file:
        options = {**_options(f"{DATA}/{network.data}"), "backup": work}
        file.writelines(f"{option}={value}\n" for option, value in options.items())
    seconds, processor = _call([program, "classifier", "train", f"{work}/set.data", cfg], f"{work}/train.log",
                               DARKNET_SEED=str(network.seed))
    trained = f"{work}/{network.cfg.removesuffix('.cfg')}.weights"
    if not os.path.exists(trained):
        raise Failure(f"Darknet did not finish the training of {name}: see {work}/train.log")
    if _key(network, source) != key:
        raise Failure(f"the cfg or the pictures of {name} have changed meanwhile")
    accuracy = _accuracy(program, f"{work}/set.data", cfg, trained, f"{work}/valid.log")
    made = {"hash": key, "cfg": cfg, "data": f"{DATA}/{network.data}", "seed": network.seed, "accuracy": accuracy,
            "seconds": seconds, "processor_seconds": processor}
    with open(f"{work}/made.json", "w", encoding="utf-8") as file:
        file.write(json.dumps(made, indent=2) + "\n")
    os.rename(f"{work}/made.json", f"{NETS}/{name}-{key}.json")
    os.rename(trained, f"{NETS}/{name}-{key}.weights")
    shutil.rmtree(work)


def _link(target, path):
    """A link to a file in the same folder."""
    if os.path.lexists(path):
        os.remove(path)
    os.symlink(os.path.basename(target), path)


def _make_network(name, key, source, program):
    """Trains a network unless its weights are there, links NET.weights and NET.json to them, says so."""
    made, weights = f"{NETS}/{name}-{key}.json", f"{NETS}/{name}-{key}.weights"
    is_cached = os.path.exists(weights)
    if not is_cached:
        _train(name, key, source, program)
    _link(made, f"{NETS}/{name}.json")
    _link(weights, f"{NETS}/{name}.weights")
    result = json.loads(_read(made))
    took = f"{result['seconds']} s, {result['processor_seconds']} s of a processor"
    print(f"{name}: {100 * result['accuracy']:.2f} % in {took}{' (was there)' if is_cached else ''}", flush=True)


# ---- Attacked pictures


def _make_attacked(name):
    """Made by build/darknet, for DARKNET_PROGRAM trains. Those that are there are not made again."""
    made, start = ATTACKS[name], time.time()
    network = NETWORKS[made.network]
    environment = {key: value for key, value in os.environ.items() if key != "DARKNET_PROGRAM"}
    was_there = all(os.path.exists(f"{DATA}/{name}/{epsilon}/clean.list") for epsilon in made.epsilons)
    for epsilon in made.epsilons:
        _run([ATTACKER, f"{DATA}/{name}/{epsilon}", str(made.count), f"{DATA}/{network.data}",
              f"{CFGS}/{network.cfg}", f"{NETS}/{made.network}.weights", "-attack", "pgd",
              "-epsilon", f"{epsilon * made.deviation:.6g}", "-attack_step", f"{made.step * made.deviation:.6g}"],
             env=environment)
    if not was_there:
        print(f"data {name}: {time.time() - start:.0f} s", flush=True)


def make_all(names, jobs):
    """Makes the data and networks of these names, and the networks of these sets; all if there are none."""
    attacks = [name for name in ATTACKS if not names or name in names]
    _make_sets_and_networks(names and [*names, *(ATTACKS[name].network for name in attacks)], jobs)
    if attacks:
        _run(["make", "-s", "-j2", "build/darknet"], stdout=subprocess.DEVNULL)
    for name in attacks:
        _make_attacked(name)


def _make_sets_and_networks(names, jobs):
    networks = [name for name, network in NETWORKS.items()
                if not names or name in names or _set_of(network.data) in names]
    sets = [name for name in SETS if not names or name in names]
    for name in dict.fromkeys(sets + [_set_of(NETWORKS[name].data) for name in networks]):
        make_set(name)
    if not networks:
        return
    os.makedirs(NETS, exist_ok=True)
    source = _source()
    keys = {name: _key(NETWORKS[name], source) for name in networks}
    is_complete = all(os.path.exists(f"{NETS}/{name}-{key}.weights") for name, key in keys.items())
    program = None if is_complete else _darknet()
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(_make_network, name, key, source, program) for name, key in keys.items()]
        try:
            for future in futures:
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(RUNNING):
                process.kill()
            raise
