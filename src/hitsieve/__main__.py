"""``python -m hitsieve`` is ``hitsieve``."""

from hitsieve.cli.main import main

if __name__ == "__main__":
    main()
