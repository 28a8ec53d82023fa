from sandbox.mailbox.server import main

raise SystemExit(main())
