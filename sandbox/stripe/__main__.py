from sandbox.stripe.server import main

main()
